import { describe, expect, test } from 'vitest';
import { evaluated, type Fields } from './evaluation.fixture.ts';

const ROW: Fields = {
  amount: ['decimal(12,2)', 1n],
  qty: ['int', 1],
  ratio: ['double', 1],
  name: ['string', 'x'],
  Name: ['string', 'y'],
  UPPER: ['string', 'z'],
  'order date': ['date', 0],
  in: ['int', 1],
  blob: ['bytes', Buffer.alloc(0)],
};

describe('an expression that cannot be used', () => {
  test.each([
    ['amuont > 1', 0, 'did you mean amount?', 'amount'],
    ['qty + row["oder date"]', 6, 'did you mean row["order date"]?', 'order date'],
    ['order_date > "2024-01-01"', 0, 'did you mean row["order date"]?', 'order date'],
    ['zzzzzz', 0, 'There is no column zzzzzz.', undefined],
    ['NAME', 0, 'There is no column NAME', 'name'],
    ['uper(name)', 0, 'did you mean upper?', 'upper'],
    ['name.length()', 0, 'did you mean size?', 'size'],
    ['name.frobnicate()', 0, 'There is no function frobnicate.', undefined],
    ['[1, 2].map(x, x)', 0, 'There is no map: expressions have no loops.', undefined],
    ['[1, 2]', 0, 'Lists and maps can only be searched', undefined],
    ['name.all(x, x)', 0, 'expressions have no loops', undefined],
    ['${dya} + 1', 0, 'did you mean day?', 'day'],
    ['${nobody}', 0, 'declare it in /parameters', undefined],
    ["'a ${nobody}'", 0, 'There is no parameter nobody', undefined],
    ['left(name)', 0, 'It is written left(text, count).', undefined],
    ['left(name, 1, 2)', 0, 'It is written left(text, count).', undefined],
    ['left(qty, 1)', 5, 'wants string here, and this is int; write string(x)', undefined],
    ['left(name, "1")', 11, 'wants int here, and this is string', undefined],
    ['name + 1', 0, 'There is no string + int. Convert one of them', undefined],
    ['amount * ratio', 0, 'A double is not exact', undefined],
    ['qty * ratio', 0, 'Write double(x) of the whole number', undefined],
    ['amount == name', 10, 'There is no comparison of decimal(12,2) and string', undefined],
    ['amount in [1, "x"]', 14, 'A list cannot be searched that holds decimal(12,2) and string', undefined],
    ['amount in name', 10, 'Behind in there is a list', undefined],
    ['qty in []', 0, 'The list is empty', undefined],
    ['qty ? 1 : 2', 0, 'A condition is true or false, and this is int', undefined],
    ['true ? 1 : "a"', 11, 'must have one type, not int and string', undefined],
    ['!name', 1, 'A condition is true or false', undefined],
    ['-name', 0, 'There is no -string.', undefined],
    ['name && true', 0, 'A condition is true or false', undefined],
    ['sha256(qty)', 7, 'write string(x)', undefined],
    ['hmacSha256(name, "key")', 17, 'secret of the workspace', undefined],
    ['secret("pii") == "x"', 17, 'A secret is not compared', undefined],
    ['string(secret("pii"))', 7, 'this is secret', undefined],
    ['matches(name, "(?=a)")', 14, 'not one of RE2', undefined],
    ['matches(name, name)', 14, 'written out', undefined],
    ['regexExtract(name, "a", 3)', 24, 'groups up to 0', undefined],
    ['round(ratio, 2)', 0, 'cannot be kept exactly', undefined],
    ['decimal(amount, 2000, 1)', 0, '1 to 1000 digits', undefined],
    ['decimal(amount, 9223372036854775807, 1)', 0, '1 to 1000 digits', undefined],
    ['name.size', 0, '.size would be a function: .size()', undefined],
    ['name[0]', 0, 'Only row["column"]', undefined],
    ['row[qty]', 0, 'Only row["column"]', undefined],
    ['{"a": 1}', 0, 'Lists and maps', undefined],
    ['1u', 0, 'no u at their end', undefined],
    ['9223372036854775808', 0, 'beyond 64 bits', undefined],
    ['1 / 0', 0, 'Division by zero.', undefined],
    ['date("2024-02-30")', 0, 'The text is not a date', undefined],
    ['qty =', 4, 'Two values are compared by ==', undefined],
    ['qty <> 1', 5, 'unequal is written !=', undefined],
    ['qty > 1 and true', 8, 'it is written &&', undefined],
    ['not true', 4, 'true was not expected here', undefined],
    ['name is null', 5, 'it is written == null or != null', undefined],
    ['name like "a%"', 5, 'it is written matches(...)', undefined],
    ['qty > 1;', 7, 'has no ; at its end', undefined],
    ['größe > 1', 2, 'written row["name"]', undefined],
    ['in > 1', 0, 'was not expected here', undefined],
    ['function > 1', 0, 'is a reserved word; a column of this name is written row["function"]', undefined],
    ["name == 'abc", 8, 'has no closing quote', undefined],
    ['(qty + 1', 8, 'ends too early', undefined],
    ['', 0, 'ends too early', undefined],
    ['qty +', 5, 'ends too early', undefined],
    ['"\\q"', 1, 'Invalid escape sequence', undefined],
    ['amount + ${a b}', 9, 'A parameter is written ${name}', undefined],
  ])('%j says at %i: %s', (expression, at, message, nearest) => {
    expect(evaluated(expression, ROW, { day: '2024-01-31' })).toEqual({
      refused: expect.stringContaining(message),
      at,
      ...(nearest === undefined ? {} : { nearest }),
    });
  });

  test.each([
    ['long', `1 + ${'1'.repeat(10)} ${' '.repeat(4000)}`, 'longer than 4000 characters'],
    ['deep in brackets', '('.repeat(150) + '1' + ')'.repeat(150), 'too large'],
    ['deep in signs', `${'!'.repeat(900)}true`, 'within each other'],
    ['deep in a chain', Array.from({ length: 300 }, () => '1').join('+'), 'within each other'],
    ['of many parts', `qty in [${Array.from({ length: 1001 }, (_, n) => n % 10).join()}]`, 'too large'],
    ['deep in calls', 'upper('.repeat(120) + 'name' + ')'.repeat(120), 'too large'],
    [
      'of more digits',
      Array.from({ length: 60 }, () => 'decimal(amount, 38, 20)').join(' * '),
      'digits behind',
    ],
  ])('is one that is too %s', (_, expression, message) => {
    const found = evaluated(expression, ROW);
    expect('refused' in found && found.refused).toContain(message);
  });

  test('is not one with a column of any name, where it is written as such', () => {
    expect(evaluated('row["in"] + row.qty', ROW)).toMatchObject({ value: 2 });
    expect(evaluated('row["order date"] == "1970-01-01"', ROW)).toMatchObject({ value: true });
    expect(evaluated('upper + "!"', ROW)).toMatchObject({ value: 'z!' });
    expect(evaluated('name + Name', ROW)).toMatchObject({ value: 'xy' });
  });
});

describe('parameters', () => {
  const given = { day: '2024-01-31', n: 3, rate: 1.07, on: true, none: null, evil: "' || true || '" };

  test.each([
    ['"a ${day} b"', 'a 2024-01-31 b'],
    ['"$${day} ${none}|"', '${day} |'],
    ['${n} + 1', 4],
    ['amount * ${rate}', 107 * 1],
    ['${on} && qty == 1', true],
    ['${none} == null', true],
    ['row["order date"] < ${day}', true],
    ['name == ${evil}', false],
    ['name == "${evil}"', false],
    ["name == '${evil}'", false],
    ['// ${nobody} in a comment\n${n}', 3],
    ["r'\\${n}'", '\\3'],
    ['_p_n', undefined],
  ])('%j is %j', (expression, value) => {
    const found = evaluated(expression, ROW, given);
    if (value === undefined) expect(found).toHaveProperty('refused');
    else expect('value' in found && found.value).toBe(value);
  });
});
