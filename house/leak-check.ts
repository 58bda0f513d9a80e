/** Setup file of every test file: what a test opens, it closes. */
import { failOnLeaks } from '@stam/testkit/leak-check'

failOnLeaks()
