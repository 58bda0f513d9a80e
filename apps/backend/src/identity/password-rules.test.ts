// Spec 06 "Authentication": obvious passwords are refused, others are not.
import { describe, expect, it } from 'vitest'
import { tooObvious } from './password-rules.ts'

const person = { email: 'jan.kowalski@firma.pl', name: 'Jan Kowalski' }

describe('a password', () => {
  it.each([
    'P@ssw0rd!',
    'H@slo123',
    'Qwerty123456',
    'Zaq12wsx',
    'admin1234',
    'Warszawa1944',
    'haslohaslo',
    'abcdefgh',
    '87654321',
    '19851224',
    'aaaaaaab',
    'Kowalski2026',
    'jan.kowalski',
    'JanKowalski1',
    'k0walsk1!!',
    'jan.kowalski@firma.pl',
    'ŻÓŁĆżółć',
  ])('like %s is obvious', (password) => expect(tooObvious(password, person)).toBe(true))

  it.each([
    'Bardzo-Dlugie-Haslo-7341',
    'correct horse battery staple',
    'x7#kQ9!m',
    '7$k9#2!5^8',
    'Zielony4Kot',
    'Krowa-w-sadzie',
    'gęsi łabędź 7 zórz',
    '4829104758203',
  ])('like %s is not', (password) => expect(tooObvious(password, person)).toBe(false))
})
