// The plugin is bundled and not loaded as one: each plugin would cost its share of every start.
export { default } from '../../../node_modules/@oclif/plugin-autocomplete/lib/commands/autocomplete/script.js'
