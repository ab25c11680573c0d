import type { Case } from './case.js'

/** Cases that broke the pool once. */
export const REGRESSIONS: readonly [Regression, ...Regression[]] = [
  {
    name: 'a crash between the claim and its answer',
    given: {
      seed: 1,
      nodes: 1,
      policy: { min: 1, target: 2, max: 4, hot: 0, release: 'rollback' },
      steps: [
        { wait: 5000, do: 'wire', daemon: 0, target: 'config', fault: 'crash-after', nth: 1, ms: 10 },
        { wait: 1, do: 'allocate', daemon: 0, instance: 0, start: true, timeout: 5000, retries: 3 },
        { wait: 5000, do: 'allocate', daemon: 2, instance: 1, start: true, timeout: 5000, retries: 3 },
        { wait: 1000, do: 'release', daemon: 1, pick: 0 },
      ],
    },
  },
  {
    name: 'a destroy that was marked by a daemon which died before it could delete',
    given: {
      seed: 15,
      nodes: 1,
      policy: { min: 0, target: 1, max: 3, hot: 0, release: 'destroy' },
      steps: [
        { wait: 24821, do: 'allocate', daemon: 2, instance: 0, start: true, timeout: 37559, leaves: 10, retries: 0 },
        { wait: 204, do: 'allocate', daemon: 0, instance: 1, start: false, ttl: 2, timeout: 28031, retries: 0 },
        { wait: 0, do: 'wire', daemon: 1, target: 'change', fault: 'crash-late', nth: 3, ms: 5 },
        { wait: 5942, do: 'allocate', daemon: 1, instance: 2, start: true, timeout: 39445, retries: 0 },
      ],
    },
  },
  {
    name: 'a power cut that forgets the claim while its container starts',
    given: {
      seed: 65535,
      nodes: 1,
      policy: { min: 0, target: 3, max: 8, hot: 1, release: 'rollback' },
      steps: [
        { wait: 78251, do: 'start-fails', times: 1 },
        { wait: 56791, do: 'allocate', daemon: 1, start: true, timeout: 7188, retries: 0 },
        { wait: 83, do: 'allocate', daemon: 1, instance: 3, start: true, timeout: 14963, retries: 0 },
        { wait: 238, do: 'power-cut', writes: 1, down: 2807 },
      ],
    },
  },
  {
    name: 'an empty list in answer to the look for what an instance holds elsewhere',
    given: {
      seed: 2,
      nodes: 1,
      policy: { min: 1, target: 3, max: 4, hot: 1, release: 'rollback' },
      steps: [
        { wait: 30, do: 'allocate', daemon: 1, instance: 2, start: false, timeout: 29456, retries: 0 },
        { wait: 2272, do: 'empty-list', daemon: 0 },
        { wait: 5, do: 'allocate', daemon: 0, instance: 2, start: true, timeout: 7774, retries: 0 },
      ],
    },
  },
  {
    name: 'a hot container that somebody stopped and started anew seconds after it became hot',
    given: {
      seed: 9,
      nodes: 1,
      policy: { min: 1, target: 1, max: 3, hot: 1, release: 'destroy' },
      steps: [
        { wait: 12809, do: 'guest', pick: 0, what: 'exit' },
        { wait: 2, do: 'guest', pick: 3, what: 'start' },
        { wait: 15420, do: 'allocate', daemon: 1, instance: 0, start: true, timeout: 24335, retries: 0 },
      ],
    },
  },
  {
    name: 'a template whose lock stays: it is asked about from time to time, not without end',
    given: {
      seed: 15,
      nodes: 1,
      policy: { min: 2, target: 2, max: 2, hot: 2, release: 'rollback' },
      steps: [{ wait: 37075, do: 'lock', pick: 6, word: 'snapshot' }],
    },
  },
  {
    name: 'a clone whose answer comes when its container was finished and given to somebody',
    given: {
      seed: 22103,
      nodes: 1,
      policy: { min: 0, target: 3, max: 3, hot: 1, release: 'destroy' },
      steps: [
        { wait: 6, do: 'wire', daemon: 1, target: 'clone', fault: 'late-answer', nth: 3, ms: 29994 },
        { wait: 13944, do: 'allocate', daemon: 1, instance: 2, start: false, timeout: 501, retries: 0 },
      ],
    },
  },
  {
    name: 'a claim that is being given up and taken up again by the same request, which then leaves',
    given: {
      seed: 372,
      nodes: 1,
      policy: { min: 0, target: 3, max: 6, hot: 1, release: 'rollback' },
      steps: [
        { wait: 205, do: 'allocate', daemon: 2, instance: 0, start: true, timeout: 39997, leaves: 12, retries: 0 },
        { wait: 0, do: 'guest', pick: 0, what: 'exit' },
        { wait: 6, do: 'allocate', daemon: 1, start: false, timeout: 34588, retries: 0 },
      ],
    },
  },
  {
    name: 'a node that is down while its container is asked for at a daemon that has not heard of the claim',
    given: {
      seed: 65522,
      nodes: 2,
      policy: { min: 1, target: 3, max: 8, hot: 2, release: 'destroy' },
      steps: [
        { wait: 64346, do: 'allocate', daemon: 0, instance: 1, start: true, timeout: 17565, retries: 0 },
        { wait: 2303, do: 'reboot', node: 1, down: 13327 },
        { wait: 5, do: 'allocate', daemon: 0, instance: 1, start: true, timeout: 30302, retries: 3 },
      ],
    },
  },
  {
    name: 'a power cut that takes a claim back to the fill before it, whose node has only just come up',
    given: {
      seed: 65522,
      nodes: 2,
      policy: { min: 2, target: 4, max: 5, hot: 1, release: 'rollback' },
      steps: [
        { wait: 2995, do: 'allocate', daemon: 0, instance: 3, start: false, timeout: 510, retries: 0 },
        { wait: 2961, do: 'power-cut', writes: 6, down: 19997 },
        { wait: 2994, do: 'allocate', daemon: 0, instance: 1, start: true, timeout: 39212, retries: 0 },
      ],
    },
  },
  {
    name: 'an order to destroy that is carried out when somebody else has the VMID',
    given: {
      seed: 65530,
      nodes: 2,
      policy: { min: 0, target: 1, max: 2, hot: 1, release: 'destroy' },
      steps: [
        { wait: 16454, do: 'guest', pick: 6, what: 'stop' },
        { wait: 1025, do: 'allocate', daemon: 1, start: true, timeout: 506, leaves: 0, retries: 0 },
        { wait: 2, do: 'wire', daemon: 0, target: 'destroy', fault: '596-late', nth: 2, ms: 16839 },
        { wait: 207, do: 'allocate', daemon: 0, instance: 3, start: true, ttl: 6, timeout: 10955, retries: 0 },
        { wait: 9314, do: 'allocate', daemon: 2, instance: 3, start: false, timeout: 512, retries: 0 },
        { wait: 50, do: 'allocate', daemon: 1, instance: 1, start: false, timeout: 510, leaves: 17, retries: 0 },
        { wait: 645, do: 'release', daemon: 0, pick: 4 },
        { wait: 208, do: 'allocate', daemon: 1, instance: 1, start: false, timeout: 39986, retries: 0 },
        { wait: 1, do: 'crash', daemon: 0, down: 749 },
        { wait: 6178, do: 'foreign', kind: 'described', offset: 1 },
      ],
    },
  },
  {
    name: 'a claim that was read before it was given up, and looked at after',
    given: {
      seed: 24210,
      nodes: 2,
      policy: { min: 0, target: 4, max: 8, hot: 0, release: 'rollback' },
      steps: [
        { wait: 9427, do: 'allocate', daemon: 0, instance: 1, start: true, timeout: 39996, retries: 0 },
        { wait: 50, do: 'allocate', daemon: 1, instance: 2, start: false, timeout: 28207, retries: 0 },
        { wait: 13, do: 'release', daemon: 0, pick: 0 },
        { wait: 2851, do: 'release', daemon: 1, pick: 4 },
        { wait: 4024, do: 'allocate', daemon: 0, instance: 2, start: false, timeout: 19218, leaves: 6, retries: 0 },
        { wait: 4, do: 'allocate', daemon: 1, instance: 0, start: true, timeout: 502, leaves: 17, retries: 0 },
        { wait: 56, do: 'allocate', daemon: 2, start: false, timeout: 39985, retries: 0 },
        { wait: 0, do: 'reboot', node: 0, down: 6008 },
        { wait: 44, do: 'foreign', kind: 'copy', offset: 4 },
        { wait: 14653, do: 'release', daemon: 2, pick: 1 },
        { wait: 9, do: 'allocate', daemon: 0, start: false, timeout: 512, leaves: 0, retries: 0 },
        { wait: 6, do: 'allocate', daemon: 0, instance: 3, start: false, timeout: 37355, leaves: 29, retries: 0 },
        { wait: 6660, do: 'allocate', daemon: 1, instance: 2, start: true, timeout: 21055, retries: 0 },
        { wait: 7607, do: 'reboot', node: 0, down: 8689 },
        { wait: 5816, do: 'allocate', daemon: 0, instance: 1, start: false, timeout: 514, retries: 3 },
        { wait: 1395, do: 'allocate', daemon: 2, instance: 2, start: false, timeout: 508, leaves: 4, retries: 0 },
      ],
    },
  },
  {
    name: 'a clone whose worker was killed, and whose lock somebody removed: it has no disk',
    given: {
      seed: 11,
      nodes: 1,
      policy: { min: 1, target: 2, max: 2, hot: 2, release: 'rollback' },
      steps: [
        { wait: 6, do: 'kill-worker', pick: 2 },
        { wait: 6731, do: 'unlock' },
        { wait: 22883, do: 'allocate', daemon: 1, instance: 0, start: true, timeout: 22722, retries: 0 },
      ],
    },
  },
  {
    name: 'an instance asked for at two daemons, one of which hears late what the other did',
    given: {
      seed: 49964,
      nodes: 1,
      policy: { min: 2, target: 4, max: 4, hot: 1, release: 'destroy' },
      steps: [
        { wait: 31, do: 'wire', daemon: 0, target: 'list', fault: 'lost-request', nth: 2, ms: 2 },
        { wait: 4017, do: 'allocate', daemon: 2, instance: 3, start: false, timeout: 36418, retries: 0 },
        { wait: 4, do: 'allocate', daemon: 0, instance: 3, start: true, timeout: 12311, retries: 0 },
      ],
    },
  },
  {
    name: 'a lease that is changed while its container is started for a second caller',
    given: {
      seed: 26677,
      nodes: 1,
      policy: { min: 0, target: 2, max: 6, hot: 0, release: 'rollback' },
      steps: [
        { wait: 48030, do: 'allocate', daemon: 1, instance: 1, start: false, timeout: 39994, retries: 0 },
        { wait: 4009, do: 'allocate', daemon: 0, instance: 1, start: true, timeout: 35644, retries: 0 },
        { wait: 29, do: 'renew', daemon: 1, pick: 0, ttl: 1 },
      ],
    },
  },
  {
    name: 'a guest that ends while it is claimed, so that its node takes the claim back',
    given: {
      seed: 14,
      nodes: 1,
      policy: { min: 0, target: 3, max: 6, hot: 3, release: 'rollback' },
      steps: [
        { wait: 69525, do: 'post-stop', ms: 299 },
        { wait: 20539, do: 'guest', pick: 4, what: 'exit' },
        { wait: 0, do: 'allocate', daemon: 2, instance: 1, start: false, timeout: 25539, retries: 1 },
        { wait: 1, do: 'crash', daemon: 2, down: 3594 },
      ],
    },
  },
  {
    name: 'a node that goes down while a container starts that has been asked for',
    given: {
      seed: 9,
      nodes: 2,
      policy: { min: 2, target: 2, max: 5, hot: 2, release: 'destroy' },
      steps: [
        { wait: 48324, do: 'foreign', kind: 'plain', offset: 5 },
        { wait: 42, do: 'reboot', node: 1, down: 19186 },
        { wait: 7625, do: 'allocate', daemon: 1, instance: 3, start: true, timeout: 29087, retries: 0 },
        { wait: 76, do: 'allocate', daemon: 2, instance: 2, start: true, timeout: 23658, retries: 0 },
        { wait: 53, do: 'power-cut', writes: 1, down: 2859 },
        { wait: 1432, do: 'allocate', daemon: 2, instance: 2, start: true, timeout: 12839, retries: 0 },
      ],
    },
  },
  {
    name: 'a container that does not start, and whose claim another daemon has taken up meanwhile',
    given: {
      seed: 20764,
      nodes: 1,
      policy: { min: 1, target: 4, max: 4, hot: 0, release: 'destroy' },
      steps: [
        { wait: 558, do: 'allocate', daemon: 0, instance: 1, start: true, timeout: 17873, retries: 0 },
        { wait: 798, do: 'start-fails', times: 2 },
        { wait: 10849, do: 'allocate', daemon: 1, instance: 3, start: true, timeout: 24837, retries: 0 },
        { wait: 65, do: 'allocate', daemon: 2, instance: 3, start: false, timeout: 2644, retries: 0 },
        { wait: 2194, do: 'release', daemon: 1, pick: 0 },
      ],
    },
  },
  {
    name: 'a claim that is carried out long after its daemon died, when its instance has another container',
    given: {
      seed: 18359,
      nodes: 1,
      policy: { min: 2, target: 4, max: 5, hot: 1, release: 'rollback' },
      steps: [
        { wait: 4942, do: 'snapshot', pick: 2 },
        { wait: 14612, do: 'allocate', daemon: 0, instance: 1, start: false, timeout: 25635, retries: 0 },
        { wait: 0, do: 'wire', daemon: 0, target: 'change', fault: 'crash-late', nth: 2, ms: 18609 },
        { wait: 1644, do: 'allocate', daemon: 0, instance: 1, start: true, timeout: 36356, retries: 3 },
      ],
    },
  },
  {
    name: 'a container that is given back while it is started a second time for its instance',
    given: {
      seed: 10,
      nodes: 1,
      policy: { min: 0, target: 3, max: 4, hot: 0, release: 'destroy' },
      steps: [
        { wait: 47476, do: 'allocate', daemon: 2, instance: 0, start: false, timeout: 1736, retries: 0 },
        { wait: 5856, do: 'start-fails', times: 1 },
        { wait: 7194, do: 'allocate', daemon: 0, instance: 0, start: true, timeout: 15871, retries: 0 },
        { wait: 6, do: 'release', daemon: 2, pick: 4 },
        { wait: 13508, do: 'wire', daemon: 2, target: 'change', fault: 'lost-answer', nth: 4, ms: 32 },
      ],
    },
  },
  {
    name: 'a claim after a power cut whose daemon died before it could prove it',
    given: {
      seed: 40764,
      nodes: 1,
      policy: { min: 1, target: 2, max: 5, hot: 2, release: 'rollback' },
      steps: [
        { wait: 21253, do: 'edit', pick: 5, what: 'memory' },
        { wait: 69, do: 'allocate', daemon: 1, instance: 1, start: true, timeout: 17852, retries: 0 },
        { wait: 18, do: 'wire', daemon: 2, target: 'config', fault: 'crash-late', nth: 4, ms: 17 },
        { wait: 8155, do: 'power-cut', writes: 3, down: 16399 },
        { wait: 14185, do: 'allocate', daemon: 2, instance: 0, start: false, timeout: 3535, retries: 2 },
        { wait: 5157, do: 'release', daemon: 2, pick: 1 },
      ],
    },
  },
  {
    name: 'a lease that is renewed while its guest ends',
    given: {
      seed: 65526,
      nodes: 2,
      policy: { min: 2, target: 4, max: 9, hot: 3, release: 'rollback' },
      steps: [
        { wait: 86135, do: 'allocate', daemon: 0, instance: 1, start: true, ttl: 7, timeout: 24139, retries: 0 },
        { wait: 5647, do: 'allocate', daemon: 2, start: false, ttl: 30, timeout: 9110, retries: 0 },
        { wait: 8506, do: 'post-stop', ms: 158 },
        { wait: 55, do: 'renew', daemon: 1, pick: 7, ttl: 33 },
        { wait: 2, do: 'tenant', pick: 6, what: 'exit' },
      ],
    },
  },
  {
    name: 'a start whose answer got lost, of a container that somebody has taken for himself meanwhile',
    given: {
      seed: 41726,
      nodes: 1,
      policy: { min: 0, target: 1, max: 2, hot: 0, release: 'rollback' },
      steps: [
        { wait: 80, do: 'allocate', daemon: 2, instance: 0, start: true, timeout: 5749, retries: 0 },
        { wait: 2, do: 'power-cut', writes: 1, down: 9656 },
        { wait: 842, do: 'adopt', pick: 5 },
      ],
    },
  },
  {
    name: 'a claim whose daemon died, taken up by another before it saw what its instance has',
    given: {
      seed: 52346,
      nodes: 1,
      policy: { min: 0, target: 4, max: 6, hot: 3, release: 'rollback' },
      steps: [
        { wait: 8153, do: 'wire', daemon: 1, target: 'change', fault: 'crash-after', nth: 1, ms: 25565 },
        { wait: 4303, do: 'allocate', daemon: 0, instance: 1, start: false, timeout: 13130, retries: 0 },
        { wait: 4060, do: 'allocate', daemon: 1, instance: 1, start: true, timeout: 15664, retries: 1 },
      ],
    },
  },
  {
    name: 'a container that was given back and made ready again between two lists',
    given: {
      seed: 1,
      nodes: 1,
      policy: { min: 0, target: 2, max: 5, hot: 2, release: 'rollback' },
      steps: [
        { wait: 23, do: 'crash', daemon: 2, down: 5778 },
        { wait: 2900, do: 'wire', daemon: 2, target: 'list', fault: 'refused', nth: 1, ms: 342 },
        { wait: 17512, do: 'foreign', kind: 'other-pool', offset: 2 },
        { wait: 6943, do: 'lock', pick: 4, word: 'backup' },
        { wait: 4, do: 'crash', daemon: 0, down: 14057 },
        { wait: 21, do: 'foreign', kind: 'described', offset: 5 },
        { wait: 935, do: 'allocate', daemon: 0, instance: 1, start: true, ttl: 9, timeout: 24486, retries: 1 },
        { wait: 2209, do: 'allocate', daemon: 0, instance: 0, start: true, ttl: 5, timeout: 39530, retries: 3 },
        { wait: 9099, do: 'allocate', daemon: 0, start: true, timeout: 38341, retries: 1 },
        { wait: 31, do: 'release', daemon: 2, pick: 7 },
      ],
    },
  },
  {
    name: 'a release while the guest ends',
    given: {
      seed: 53621,
      nodes: 1,
      policy: { min: 1, target: 1, max: 2, hot: 1, release: 'rollback' },
      steps: [
        { wait: 2, do: 'allocate', daemon: 0, instance: 3, start: true, ttl: 1, timeout: 39988, retries: 0 },
        { wait: 2216, do: 'allocate', daemon: 0, instance: 1, start: false, timeout: 39987, retries: 0 },
        { wait: 4, do: 'allocate', daemon: 2, instance: 0, start: true, timeout: 22761, retries: 0 },
        { wait: 4, do: 'wire', daemon: 2, target: 'config', fault: 'late-answer', nth: 4, ms: 9264 },
        { wait: 2989, do: 'edit', pick: 6, what: 'memory' },
        { wait: 28248, do: 'post-stop', ms: 396 },
        { wait: 20149, do: 'post-stop', ms: 305 },
        { wait: 209, do: 'release', daemon: 1, pick: 1 },
        { wait: 2993, do: 'tenant', pick: 2, what: 'stop' },
        { wait: 50, do: 'release', daemon: 2, pick: 6 },
        { wait: 13713, do: 'crash', daemon: 1, down: 9132 },
      ],
    },
  },
  {
    name: 'a start to make one hot whose answer a power cut swallowed, of a container that somebody has taken meanwhile',
    given: {
      seed: 65526,
      nodes: 1,
      policy: { min: 0, target: 2, max: 7, hot: 2, release: 'rollback' },
      steps: [
        { wait: 15364, do: 'lock', pick: 3, word: 'snapshot' },
        { wait: 2971, do: 'allocate', daemon: 0, instance: 2, start: false, timeout: 30202, retries: 0 },
        { wait: 2691, do: 'start-fails', times: 2 },
        { wait: 7738, do: 'release', daemon: 1, pick: 6 },
        { wait: 1547, do: 'power-cut', writes: 1, down: 14472 },
        { wait: 3783, do: 'adopt', pick: 6 },
      ],
    },
  },
  {
    name: 'a list that is half a minute late, when an instance has moved on to another container',
    given: {
      seed: 47540,
      nodes: 1,
      policy: { min: 1, target: 2, max: 6, hot: 1, release: 'rollback' },
      steps: [
        { wait: 31, do: 'allocate', daemon: 0, instance: 1, start: true, ttl: 31, timeout: 12921, retries: 0 },
        { wait: 16289, do: 'wire', daemon: 0, target: 'list', fault: 'late-answer', nth: 2, ms: 27394 },
        { wait: 17409, do: 'allocate', daemon: 2, instance: 1, start: true, timeout: 12076, retries: 0 },
        { wait: 43, do: 'allocate', daemon: 2, instance: 2, start: true, timeout: 5452, retries: 0 },
        { wait: 986, do: 'allocate', daemon: 0, start: false, timeout: 37458, retries: 0 },
      ],
    },
  },
  {
    name: 'a claim of what became ready some seconds after a boot',
    given: {
      seed: 53009,
      nodes: 1,
      policy: { min: 1, target: 3, max: 7, hot: 0, release: 'rollback' },
      steps: [
        { wait: 38774, do: 'power-cut', writes: 3, down: 8379 },
        { wait: 261, do: 'allocate', daemon: 2, instance: 0, start: true, timeout: 36828, retries: 0 },
        { wait: 17948, do: 'allocate', daemon: 0, instance: 0, start: false, timeout: 11729, retries: 0 },
      ],
    },
  },
  {
    name: 'a power cut that takes a claim back while a list is waited for',
    given: {
      seed: 4793,
      nodes: 1,
      policy: { min: 2, target: 4, max: 5, hot: 0, release: 'destroy' },
      steps: [
        { wait: 0, do: 'wire', daemon: 1, target: 'list', fault: 'late-answer', nth: 4, ms: 2841 },
        { wait: 329, do: 'allocate', daemon: 1, instance: 1, start: true, timeout: 35011, retries: 0 },
        { wait: 987, do: 'power-cut', writes: 6, down: 4454 },
      ],
    },
  },
  {
    name: 'a start that never arrived, of a container that has gone meanwhile',
    given: {
      seed: 43764,
      nodes: 1,
      policy: { min: 0, target: 2, max: 7, hot: 0, release: 'rollback' },
      steps: [
        { wait: 47, do: 'allocate', daemon: 2, instance: 0, start: true, ttl: 10, timeout: 22298, retries: 0 },
        { wait: 992, do: 'allocate', daemon: 2, instance: 2, start: false, timeout: 4846, retries: 0 },
        { wait: 73, do: 'wire', daemon: 1, target: 'power', fault: 'refused', nth: 1, ms: 45 },
        { wait: 21153, do: 'allocate', daemon: 1, instance: 2, start: true, timeout: 34883, retries: 0 },
        { wait: 65, do: 'release', daemon: 0, pick: 2 },
        { wait: 30, do: 'foreign', kind: 'other-pool', offset: 2 },
      ],
    },
  },
  {
    name: 'a claim that one daemon gives up while another, and then it again, takes it up for the same instance',
    given: {
      seed: 54327,
      nodes: 1,
      policy: { min: 1, target: 3, max: 3, hot: 0, release: 'destroy' },
      steps: [
        { wait: 1, do: 'start-fails', times: 2 },
        { wait: 4903, do: 'allocate', daemon: 2, instance: 2, start: true, timeout: 20086, retries: 0 },
        { wait: 4, do: 'reboot', node: 0, down: 2075 },
        { wait: 12810, do: 'allocate', daemon: 1, instance: 2, start: true, timeout: 502, retries: 3 },
        { wait: 2, do: 'allocate', daemon: 0, instance: 3, start: true, timeout: 16185, retries: 0 },
        { wait: 24989, do: 'allocate', daemon: 1, instance: 2, start: false, timeout: 510, retries: 0 },
      ],
    },
  },
  {
    name: 'a lease that is renewed at the daemon that had given the claim up before another took it up',
    given: {
      seed: 14784,
      nodes: 1,
      policy: { min: 0, target: 2, max: 4, hot: 2, release: 'rollback' },
      steps: [
        { wait: 5980, do: 'allocate', daemon: 2, instance: 2, start: true, timeout: 26791, retries: 0 },
        { wait: 13, do: 'wire', daemon: 0, target: 'any', fault: 'late-answer', nth: 3, ms: 6013 },
        { wait: 5, do: 'allocate', daemon: 0, instance: 0, start: false, timeout: 507, retries: 0 },
        { wait: 1185, do: 'allocate', daemon: 1, instance: 0, start: true, timeout: 39998, retries: 0 },
        { wait: 2990, do: 'renew', daemon: 0, pick: 1, ttl: 6 },
      ],
    },
  },
  {
    name: 'a lease that is renewed at two daemons at once, where each sees the end that the other gave it',
    given: {
      seed: 12409,
      nodes: 1,
      policy: { min: 1, target: 1, max: 3, hot: 0, release: 'rollback' },
      steps: [
        { wait: 23330, do: 'allocate', daemon: 0, instance: 0, start: false, timeout: 38266, retries: 0 },
        { wait: 8, do: 'renew', daemon: 1, pick: 1, ttl: 39 },
        { wait: 747, do: 'renew', daemon: 0, pick: 0, ttl: 1 },
        { wait: 4069, do: 'crash', daemon: 0, down: 7 },
      ],
    },
  },
  {
    name: 'a start whose answer was lost, a moment after another daemon had started the same container',
    given: {
      seed: 65521,
      nodes: 2,
      policy: { min: 0, target: 2, max: 4, hot: 2, release: 'rollback' },
      steps: [
        { wait: 5200, do: 'start-fails', times: 1 },
        { wait: 6908, do: 'wire', daemon: 0, target: 'power', fault: 'lost-request', nth: 1, ms: 11830 },
        { wait: 28, do: 'lock', pick: 4, word: 'backup' },
        { wait: 17608, do: 'lock', pick: 6, word: 'backup' },
        { wait: 9, do: 'allocate', daemon: 0, start: true, timeout: 25871, retries: 0 },
        { wait: 1070, do: 'release', daemon: 1, pick: 3 },
        { wait: 619, do: 'allocate', daemon: 1, instance: 2, start: true, timeout: 22007, retries: 0 },
        { wait: 618, do: 'allocate', daemon: 0, instance: 1, start: true, timeout: 29673, retries: 0 },
        { wait: 2, do: 'release', daemon: 0, pick: 1 },
        { wait: 1781, do: 'wire', daemon: 1, target: 'power', fault: 'crash-before', nth: 2, ms: 17 },
      ],
    },
  },
  {
    name: 'a claim of the first second after a boot that had forgotten the one before, taken up by another daemon',
    given: {
      seed: 1,
      nodes: 1,
      policy: { min: 1, target: 3, max: 4, hot: 3, release: 'rollback' },
      steps: [
        { wait: 14378, do: 'wire', daemon: 2, target: 'change', fault: 'crash-after', nth: 3, ms: 16100 },
        { wait: 46, do: 'allocate', daemon: 0, start: false, timeout: 19688, retries: 0 },
        { wait: 3, do: 'power-cut', writes: 2, down: 6773 },
        { wait: 4538, do: 'allocate', daemon: 2, instance: 2, start: false, timeout: 37010, retries: 2 },
        { wait: 1, do: 'allocate', daemon: 1, instance: 0, start: false, timeout: 1660, retries: 2 },
        { wait: 65014, do: 'wire', daemon: 0, target: 'power', fault: 'lost-request', nth: 2, ms: 17390 },
      ],
    },
  },
]

interface Regression {
  /** What it was about. */
  readonly name: string
  readonly given: Case
}
