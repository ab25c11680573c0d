import { killTests } from '../criu-kills.js'

killTests('checkpoint', 511)
