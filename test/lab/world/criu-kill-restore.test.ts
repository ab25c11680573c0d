import { killTests } from '../criu-kills.js'

killTests('restore', 512)
