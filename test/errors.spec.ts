import { describe, expect, it } from 'vitest';
import { didYouMean, ERROR_CODES, label, ProtocolError, quote, SocketIoError } from '../lib/errors.js';

describe('ERROR_CODES', () => {
  it.each(Object.entries(ERROR_CODES))('explains %s in a sentence', (code, sentence) => {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(sentence).toMatch(/^[A-Z`].{10,}\.$/);
  });
});

describe('SocketIoError', () => {
  it('has a code and a message', () => {
    const error = new SocketIoError('INVALID_OPTION', 'option "pingInterval" must be a number of milliseconds, got -1');
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'SocketIoError',
      code: 'INVALID_OPTION',
      message: 'option "pingInterval" must be a number of milliseconds, got -1',
    });
    expect(String(error)).toBe('SocketIoError: option "pingInterval" must be a number of milliseconds, got -1');
  });

  it('has its cause, if there is one', () => {
    const cause = new Error('ECONNREFUSED');
    expect(new SocketIoError('SERVER_CLOSED', 'no broker', { cause }).cause).toBe(cause);
    expect(new SocketIoError('SERVER_CLOSED', 'no broker')).not.toHaveProperty('cause');
  });
});

describe('ProtocolError', () => {
  it('is a SocketIoError with its own code', () => {
    const error = new ProtocolError('illegal attachments');
    expect(error).toBeInstanceOf(SocketIoError);
    expect(error).toMatchObject({ name: 'ProtocolError', code: 'PROTOCOL_ERROR', message: 'illegal attachments' });
  });
});

describe('didYouMean', () => {
  const options = ['path', 'pingInterval', 'pingTimeout', 'cors', 'adapter', 'connectionStateRecovery'];

  it.each([
    ['pingIntervall', 'pingInterval'],
    ['pinginterval', 'pingInterval'],
    ['PATH', 'path'],
    ['paht', 'path'],
    ['pth', 'path'],
    ['core', 'cors'],
    ['Adaptor', 'adapter'],
    ['pingTimeOut', 'pingTimeout'],
    ['conectionStateRecover', 'connectionStateRecovery'],
    ['pingTimerval', 'pingInterval'],
  ])('suggests the most similar name for %s: %s', (name, nearest) => {
    expect(didYouMean(name, options)).toBe(` (did you mean "${nearest}"?)`);
  });

  it.each(['transports', 'pinging', 'x', '', 'connectTimeout', 'pong'])('suggests nothing for %j', (name) => {
    expect(didYouMean(name, options)).toBe('');
  });

  it.each([
    ['a', 'ab', true],
    ['to', 'in', false],
    ['a', 'abc', false],
    ['abcdefghi', 'abcdefxyz', true],
    ['abcdefghi', 'abcdewxyz', false],
    ['abcxy', 'abc', true],
    ['abcdef', 'abxyefgh', false],
    ['abxyefgh', 'abcdef', false],
  ])('limits the distance of %j from %j: %s', (name, known, near) => {
    expect(didYouMean(name, [known])).toBe(near ? ` (did you mean "${known}"?)` : '');
  });

  it('suggests the first of two equally similar names', () => {
    expect(didYouMean('cat', new Set(['cats', 'bat', 'hat']))).toBe(' (did you mean "cats"?)');
  });

  it('suggests nothing if no name is known', () => {
    expect(didYouMean('cors', [])).toBe('');
  });
});

describe('quote', () => {
  it.each([
    ['plain', '"plain"'],
    ['', '""'],
    ['a "b" \\ c', '"a \\"b\\" \\\\ c"'],
    ['line\r\nINFO forged', '"line\\r\\nINFO forged"'],
    ['\u001b[31mred\u0000', '"\\u001b[31mred\\u0000"'],
    ['\ud800', '"\\ud800"'],
  ])('escapes %j', (text, quoted) => {
    expect(quote(text)).toBe(quoted);
  });

  it('keeps 200 characters and cuts longer text', () => {
    expect(quote('x'.repeat(200))).toBe(`"${'x'.repeat(200)}"`);
    expect(quote('x'.repeat(201))).toBe(`"${'x'.repeat(200)}…"`);
    expect(quote('x'.repeat(1_000_000))).toHaveLength(203);
  });
});

describe('label', () => {
  it.each(['/', '/chat', '/Räume/7', '/a?b="c"', `/${'n'.repeat(199)}`])('leaves %s as it is', (name) => {
    expect(label(name)).toBe(name);
  });

  it.each([
    ['', '""'],
    ['/a b', '"/a b"'],
    ['/a\n[ERROR] forged', '"/a\\n[ERROR] forged"'],
    ['/\u001b[2J', '"/\\u001b[2J"'],
    [`/${'n'.repeat(200)}`, `"/${'n'.repeat(199)}…"`],
  ])('quotes %j', (name, quoted) => {
    expect(label(name)).toBe(quoted);
  });
});
