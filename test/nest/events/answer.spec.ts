import {
  BadRequestException,
  ForbiddenException,
  HttpException,
  InternalServerErrorException,
  NotFoundException,
} from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import { AckArgs, ackArgs, describeError, isRefusal, toAckArgs } from '../../../lib/nest/events/answer.js';
import { ConnectionRefused } from '../../../lib/server/internal.js';
import { RecordingLog } from '../../support/engine-rig.js';

/** The answer to an error that was thrown for the client and must not be logged. */
function answerTo(error: unknown): unknown {
  const log = new RecordingLog();
  const answer = describeError(error, 'Chat.say', log);
  expect(log.errors).toEqual([]);
  return answer;
}

describe('describeError', () => {
  describe('of an HttpException', () => {
    it('keeps status and message', () => {
      expect(answerTo(new ForbiddenException('not yours'))).toEqual({
        code: 'forbidden',
        status: 403,
        message: 'not yours',
      });
    });

    it.each([
      [new BadRequestException(), 'bad_request', 400, 'Bad Request'],
      [new NotFoundException(), 'not_found', 404, 'Not Found'],
      [new HttpException('short and stout', 418), 'i_am_a_teapot', 418, 'short and stout'],
      [new HttpException('later', 429), 'too_many_requests', 429, 'later'],
      [new HttpException('odd', 599), 'http_599', 599, 'odd'],
    ])('names the status: %s', (exception, code, status, message) => {
      expect(answerTo(exception)).toEqual({ code, status, message });
    });

    it('keeps a message that is the empty string', () => {
      expect(answerTo(new HttpException('', 400))).toEqual({ code: 'bad_request', status: 400, message: '' });
    });

    it('uses an array of messages, as validation pipes make them, as details', () => {
      expect(answerTo(new BadRequestException(['text must be a string', 'room must be a string']))).toEqual({
        code: 'bad_request',
        status: 400,
        message: 'Bad Request',
        details: ['text must be a string', 'room must be a string'],
      });
    });

    it('uses the rest of the response as details', () => {
      const response = {
        message: 'no',
        error: 'Bad Request',
        statusCode: 400,
        issues: [{ path: ['a'] }],
        retry: false,
      };
      expect(answerTo(new BadRequestException(response))).toEqual({
        code: 'bad_request',
        status: 400,
        message: 'no',
        details: { issues: [{ path: ['a'] }], retry: false },
      });
    });

    it("uses the response's error if there is no message", () => {
      expect(answerTo(new HttpException({ error: 'Conflict', version: 3 }, 409))).toEqual({
        code: 'conflict',
        status: 409,
        message: 'Conflict',
        details: { version: 3 },
      });
    });

    it("uses the exception's message if the response has no text", () => {
      expect(answerTo(new NotFoundException({ id: 7 }))).toEqual({
        code: 'not_found',
        status: 404,
        message: 'Not Found Exception',
        details: { id: 7 },
      });
    });

    it('contains neither its cause nor its stack', () => {
      const answer = answerTo(new BadRequestException('no', { cause: new Error('the password is x') }));
      expect(JSON.stringify(answer)).not.toMatch(/password|stack|error-answer/);
    });
  });

  describe('of a WsException', () => {
    it('keeps the message', () => {
      expect(answerTo(new WsException('room is full'))).toEqual({ code: 'error', message: 'room is full' });
    });

    it('keeps the code, the message and all other properties', () => {
      expect(answerTo(new WsException({ code: 'full', message: 'room is full', seats: 0 }))).toEqual({
        code: 'full',
        message: 'room is full',
        details: { seats: 0 },
      });
    });

    it('has no details where there is nothing else', () => {
      expect(answerTo(new WsException({ message: 'room is full' }))).toEqual({
        code: 'error',
        message: 'room is full',
      });
    });

    it("takes a code that is no string, or a message that is none, for the application's own", () => {
      expect(answerTo(new WsException({ code: 7, seats: 0 }))).toEqual({
        code: 'error',
        message: 'Ws Exception',
        details: { seats: 0 },
      });
    });
  });

  describe('of anything else', () => {
    it.each<[unknown]>([
      [new Error('the password is x')],
      [new TypeError('the password is x')],
      [new ConnectionRefused('the password is x')],
      ['the password is x'],
      [{ password: 'x' }],
      [null],
      [undefined],
      [{ message: 'the password is x', getStatus: () => 400, getResponse: () => 'the password is x' }],
    ])('contains only an id, which is also in the log: %s', (error) => {
      const log = new RecordingLog();
      const answer = describeError(error, 'Chat.say', log);
      expect(answer).toEqual({
        code: 'internal',
        message: 'Internal server error',
        id: expect.stringMatching(/^[\w-]{20}$/),
      });
      expect(log.errors).toEqual([[`Chat.say failed; the client got only the id ${answer.id}`, error]]);
    });

    it('makes an id of its own each time', () => {
      const log = new RecordingLog();
      const ids = [1, 2, 3].map(() => describeError(new Error('x'), 'Chat.say', log).id);
      expect(new Set(ids).size).toBe(3);
    });
  });

  describe('of an exception of another transport', () => {
    /** Like RpcException of @nestjs/microservices. */
    class RpcException extends Error {
      constructor(private readonly error: string | object) {
        super(typeof error === 'string' ? error : 'Rpc Exception');
      }

      getError(): string | object {
        return this.error;
      }
    }

    it('keeps what it says', () => {
      expect(answerTo(new RpcException('no such room'))).toEqual({ code: 'error', message: 'no such room' });
      expect(answerTo(new RpcException({ code: 'full', seats: 0 }))).toEqual({
        code: 'full',
        message: 'Rpc Exception',
        details: { seats: 0 },
      });
    });

    it('keeps what one of another copy of Nest says', () => {
      class Foreign extends Error {
        getStatus(): number {
          return 404;
        }

        getResponse(): unknown {
          return { message: 'no such room', statusCode: 404, error: 'Not Found' };
        }
      }
      expect(answerTo(new Foreign())).toEqual({ code: 'not_found', status: 404, message: 'no such room' });
    });
  });
});

function refuse(): never {
  throw new Error('no');
}

describe('isRefusal', () => {
  it.each([
    [new ForbiddenException(), true],
    [new WsException('no'), true],
    [new InternalServerErrorException(), false],
    [new Error('unexpected'), false],
    ['text', false],
  ])('of %s is %s', (error, expected) => {
    expect(isRefusal(error)).toBe(expected);
  });

  it('of an error that throws when it is read is false', () => {
    expect(isRefusal(new Proxy({}, { get: refuse, getPrototypeOf: refuse }))).toBe(false);
  });
});

describe('ackArgs', () => {
  it('keeps several arguments apart', () => {
    expect(ackArgs('a', [1, 2], undefined)).toBeInstanceOf(AckArgs);
    expect(ackArgs('a', [1, 2], undefined).args).toEqual(['a', [1, 2], undefined]);
  });

  it('may have none', () => {
    expect(ackArgs().args).toEqual([]);
  });
});

describe('toAckArgs', () => {
  it('returns no arguments for undefined', () => {
    expect(toAckArgs(undefined)).toEqual([]);
  });

  it.each([null, false, 0, '', Number.NaN, 'text', { a: 1 }])('treats %j as one argument', (result) => {
    expect(toAckArgs(result)).toEqual([result]);
  });

  it.each([[[]], [[1, 2]], [[undefined]]])('treats the array %j as one argument', (result) => {
    expect(toAckArgs(result)).toEqual([result]);
  });

  it('treats ackArgs() as several arguments', () => {
    expect(toAckArgs(ackArgs(1, [2]))).toEqual([1, [2]]);
    expect(toAckArgs(ackArgs())).toEqual([]);
  });
});
