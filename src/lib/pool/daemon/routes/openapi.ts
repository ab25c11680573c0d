import type { SwaggerOptions } from '@fastify/swagger'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import type { Access } from '../access/access.js'

/** The description of the service, made from the schemas that also check it. */
export const openApi = (version: string, access: Access): SwaggerOptions => ({
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'cmux-pve pool',
      version,
      description: 'Containers that are ready before they are asked for. Errors are `{"detail", "code"}`.',
    },
    ...(access.kind === 'tokens' && {
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    }),
    tags: [
      { name: 'containers', description: 'Get one, keep it, give it back' },
      { name: 'status', description: 'What is there' },
      { name: 'operation', description: 'For whoever runs the pool' },
      { name: 'health', description: 'For balancers and service managers' },
    ],
  },
  transform: jsonSchemaTransform,
})
