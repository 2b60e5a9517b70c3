import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { evaluated, type Fields, shown } from './evaluation.fixture.ts';

const ROW: Fields = {
  id: ['long not null', 9007199254740993n],
  qty: ['int', 7],
  none: ['long', null],
  price: ['decimal(12,2)', 1999n],
  huge: ['decimal(38,0)', 10n ** 37n],
  nan: ['decimal(10,2)', { text: 'NaN' }],
  ratio: ['double', 0.1],
  single: ['float', 0.5],
  flag: ['boolean', true],
  unknown: ['boolean', null],
  name: ['string', 'Zürich 🚚'],
  empty: ['string', ''],
  missing: ['string', null],
  blob: ['bytes', Buffer.from([0, 255, 65])],
  day: ['date', 19753],
  endless: ['date', { text: 'infinity' }],
  clock: ['time', 86_399_999_999],
  local: ['timestamp', 1_706_659_200_123_456n],
  moment: ['timestamptz', 1_706_659_200_000_001n],
  'order date': ['date', 0],
};

describe('numbers', () => {
  test.each([
    ['id + 1', '9007199254740994'],
    ['id * 2 - id', '9007199254740993'],
    ['id == 9007199254740993 && id != 9007199254740992', 'true'],
    ['9223372036854775807 - 1 + 1', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['qty / 2', '3'],
    ['-qty / 2', '-3'],
    ['-qty % 4', '-3'],
    ['0x1f', '31'],
    ['price * qty', '139.93'],
    ['price * 1.19', '23.7881'],
    ['price + 0.001', '19.991'],
    ['price - 20', '-0.01'],
    ['price / 3', '6.663333'],
    ['-price / 3', '-6.663333'],
    ['price % 2', '1.99'],
    ['10 / price', '0.500250'],
    ['huge + 1', '10000000000000000000000000000000000001'],
    ['huge * huge', `1${'0'.repeat(74)}`],
    ['price > 19.98 && price < 20 && price == 19.99', 'true'],
    ['qty > 6.5', 'true'],
    ['qty * 0.5', '3.5'],
    ['ratio * 3', '0.30000000000000004'],
    ['ratio == 0.1', 'true'],
    ['ratio < 1 && qty > ratio', 'true'],
    ['single + 0.25', '0.75'],
    ['1.0 / 0.0 > 1.0', 'true'],
    ['-0.0', '-0'],
    ['-qty', '-7'],
    ['- -qty', '7'],
    ['round(price, 1)', '20.0'],
    ['round(-2.5)', '-3'],
    ['round(ratio)', '0'],
    ['trunc(-price)', '-19'],
    ['floor(-price)', '-20'],
    ['ceil(-price)', '-19'],
    ['ceil(price)', '20'],
    ['abs(-price)', '19.99'],
    ['sign(none)', null],
    ['least(none, 5, qty)', '5'],
    ['greatest(price, 100)', '100.00'],
    ['int(price)', '19'],
    ['int(-1.9)', '-1'],
    ['int("12")', '12'],
    ['decimal("1.5", 10, 4)', '1.5000'],
    ['decimal(ratio, 10, 3)', '0.100'],
    ['decimal(2.0 / 3.0, 10, 3)', '0.667'],
    ['decimal(0.0004 * 1.0, 10, 3)', '0.000'],
    ['double(price) * 2', '39.98'],
    ['double("NaN")', 'NaN'],
    ['isFinite(double("Infinity"))', 'false'],
    ['2 == 2.0', 'true'],
    ['flag ? 1 : price', '1.00'],
  ])('%s is %s', (expression, value) => expect(shown(expression, ROW)).toBe(value));

  test.each([
    ['id * id', 'beyond 64 bits'],
    ['9223372036854775807 + qty', 'beyond 64 bits'],
    ['qty / (qty - 7)', 'division by zero'],
    ['price / (price - price)', 'division by zero'],
    ['decimal(price, 3, 2)', 'does not fit decimal(3,2)'],
    ['decimal(name, 10, 2)', 'does not fit'],
    ['int(name)', 'not a whole number'],
    ['int(ratio * 1e300)', 'beyond 64 bits'],
    ['int(ratio / 0.0)', 'not a whole number'],
    ['double(name)', 'not a number'],
    ['nan + 1', 'column nan holds NaN'],
    ['bool(name)', 'neither true nor false'],
  ])('%s makes the row dirty: %s', (expression, reason) =>
    expect(evaluated(expression, ROW)).toEqual({ dirty: expect.stringContaining(reason) }),
  );

  test.each([
    ['price * qty', 'decimal(31,2)'],
    ['price + huge', 'decimal(41,2)'],
    ['price / 3', 'decimal(16,6)'],
    ['qty + id', 'int'],
    ['round(price, 1)', 'decimal(12,1)'],
    ['flag ? qty : 2.5', 'decimal(20,1)'],
  ])('%s has the type %s', (expression, type) => expect(evaluated(expression, ROW)).toMatchObject({ type }));
});

describe('null', () => {
  test.each([
    ['none + 1', null],
    ['none == null', 'true'],
    ['none != 5', 'true'],
    ['none == none', 'true'],
    ['none < 5', null],
    ['!unknown', null],
    ['unknown && false', 'false'],
    ['unknown && flag', null],
    ['unknown || true', 'true'],
    ['unknown || !flag', null],
    ['unknown ? "a" : "b"', 'b'],
    ['none in [1, 2]', 'false'],
    ['none in [1, null]', 'true'],
    ['missing + "x"', null],
    ['upper(missing)', null],
    ['concat(missing, "x", empty)', 'x'],
    ['coalesce(missing, empty, "x")', ''],
    ['coalesce(none, qty) + 1', '8'],
    ['has(none)', 'false'],
    ['has(row["order date"])', 'true'],
    ['has(endless)', 'true'],
    ['isSpecial(endless)', 'true'],
    ['isSpecial(day)', 'false'],
    ['isSpecial(endless) ? null : endless', null],
    ['nullIf(name, "Zürich 🚚")', null],
    ['sha256(missing)', null],
    ['mask(missing, 1, 1)', null],
    ['qty / 0 == 1 && false', 'false'],
    ['false && qty / (qty - 7) == 1', 'false'],
    ['qty / (qty - 7) == 1 || flag', 'true'],
  ])('%s is %s', (expression, value) => expect(shown(expression, ROW)).toBe(value));
});

describe('texts', () => {
  test.each([
    ['size(name)', '8'],
    ['substring(name, 7)', '🚚'],
    ['substring(name, 1, 3)', 'ür'],
    ['substring(name, 5, 2)', ''],
    ['substring(name, -5, 2)', 'Zü'],
    ['substring(name, 3, 9223372036854775807)', 'ich 🚚'],
    ['left(name, 0)', ''],
    ['right(name, 1)', '🚚'],
    ['right(name, 100)', 'Zürich 🚚'],
    ['indexOf(name, "🚚")', '7'],
    ['indexOf(name, "")', '0'],
    ['lastIndexOf(name, "zz")', '-1'],
    ['upper(name)', 'ZÜRICH 🚚'],
    ['upperAscii(name)', 'ZüRICH 🚚'],
    ['reverse(name)', '🚚 hcirüZ'],
    ['padLeft("7", 3)', '  7'],
    ['padLeft("7", 5, "🚚x")', '🚚x🚚x7'],
    ['padRight("abc", 2)', 'abc'],
    ['padRight("a", 3, "")', 'a'],
    ['replace(name, "", "x")', 'Zürich 🚚'],
    ['replace("aaa", "a", "bb")', 'bbbbbb'],
    ['splitPart("a,b,,", ",", 2)', ''],
    ['splitPart("a", "", 0)', 'a'],
    ['splitPart("a", ",", -1)', null],
    ['trim("\\u00a0a\\n")', 'a'],
    ['contains(name, "")', 'true'],
    ['name.startsWith("Zü") && name.endsWith("🚚")', 'true'],
    ['matches(name, "^z")', 'false'],
    ['matches(name, "(?i)^z")', 'true'],
    ['matches("a\\nb", "^b")', 'false'],
    ['regexExtract("a1b2", "([a-z])([0-9])", 2)', '1'],
    ['regexExtract("a1b2", "[0-9]+")', '1'],
    ['regexExtract("ab", "(x)?b")', null],
    ['regexReplace("aaa", "a", "$1")', '$1$1$1'],
    ['regexReplace("abc", "x*", "-")', '-a-b-c-'],
    ['name == "Zürich 🚚"', 'true'],
    ['"Zürich 🚚" != name', 'false'],
    ['empty == ""', 'true'],
    ['name in ["x", "Zürich 🚚"]', 'true'],
    ['name > "Z" && name < "a"', 'true'],
    ['string(blob == b"\\x00\\xffA")', 'true'],
    ['hex(blob + b"B")', '00ff4142'],
    ['base64(blob)', 'AP9B'],
    ['fromHex("00FF41") == blob', 'true'],
    ['size(fromBase64(""))', '0'],
    ["'it''s'.size() == 3", undefined],
    ['r"\\d"', '\\d'],
    ['"""a\n"b""" == "a\\n\\"b"', 'true'],
  ])('%s is %s', (expression, value) => {
    if (value === undefined) expect(evaluated(expression, ROW)).toHaveProperty('refused');
    else expect(shown(expression, ROW)).toBe(value);
  });

  test.each([
    ['fromHex("0")', 'refused'],
    ['fromHex(name)', 'dirty'],
    ['fromBase64(name)', 'dirty'],
    ['string(blob)', 'dirty'],
    ['padLeft(name, 9007199254740993)', 'dirty'],
    ['replace(padLeft(name, 900000), " ", "12")', 'dirty'],
    ['padLeft(name, 1000000) + padLeft(name, 1000000)', 'dirty'],
    ['regexReplace(padLeft(name, 900000), " ", "123")', 'dirty'],
  ])('%s has no text: %s', (expression, how) => expect(evaluated(expression, ROW)).toHaveProperty(how));

  test('a pattern that would keep a regular expression of JavaScript busy for ever is done', () => {
    expect(shown('matches(padLeft("!", 20000, "a"), "^(a+)+$")')).toBe('false');
  });
});

describe('hashes and masks', () => {
  test.each([
    ['md5("abc")', '900150983cd24fb0d6963f7d28e17f72'],
    ['sha1("abc")', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['sha256("abc")', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['sha512("").left(16)', 'cf83e1357eefb8bd'],
    ['sha256(bytes("abc")) == sha256("abc")', 'true'],
    ['sha256("é")', '4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c'],
    [
      'hmacSha256("abc", secret("pii"))',
      createHmac('sha256', 'a key of the workspace').update('abc').digest('hex'),
    ],
    ['hmacSha256("abc", secret("pii")) == hmacSha256("abd", secret("pii"))', 'false'],
    ['mask("4111222233334444", 0, 4)', '************4444'],
    ['mask(name, 1, 1)', 'Z******🚚'],
    ['mask("ab", 1, 1)', '**'],
    ['mask("", 1, 1)', ''],
    ['mask("abc", 0, 0, "x")', 'xxx'],
    ['redactEmail("anna@example.org")', 'a***@example.org'],
    ['redactEmail("a@example.org")', '***@example.org'],
    ['redactEmail("no address")', '***'],
    ['redactEmail("@x")', '***'],
    ['redactPhone("+49 (30) 1234-567")', '+** (**) ****-*67'],
    ['redactPhone("110")', '***'],
    ['redactPhone("call 0301234567")', '**** ********67'],
    ['redactCard("4111 2222 3333 4444")', '**** **** **** 4444'],
    ['redactCard("٤١١١٢٢٢٢٣٣")', '******٢٢٣٣'],
  ])('%s is %s', (expression, value) => expect(shown(expression, ROW)).toBe(value));

  test('a mask never shows all of a text', () => {
    for (const text of ['a', 'ab', 'a@b', '12', '1234'])
      for (const mask of [
        'mask(x, 1, 1)',
        'mask(x, 9, 9)',
        'redactEmail(x)',
        'redactPhone(x)',
        'redactCard(x)',
      ])
        expect(shown(mask, { x: ['string', text] })).not.toBe(text);
  });
});
