import { BadRequestException, ForbiddenException, HttpException, NotFoundException } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import { AckArgs, ackArgs, describeError, toAckArgs } from '../../../lib/nest/events/answer.js';
import { ConnectionRefused } from '../../../lib/server/index.js';
import { RecordingLog } from '../../support/engine-rig.js';

/** What the client learns; nothing of it may be logged. */
function told(error: unknown): unknown {
  const log = new RecordingLog();
  const answer = describeError(error, 'Chat.say', log);
  expect(log.errors).toEqual([]);
  return answer;
}

describe('describeError', () => {
  describe('of an HttpException', () => {
    it('keeps status and message', () => {
      expect(told(new ForbiddenException('not yours'))).toEqual({
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
      expect(told(exception)).toEqual({ code, status, message });
    });

    it('keeps a message that is the empty string', () => {
      expect(told(new HttpException('', 400))).toEqual({ code: 'bad_request', status: 400, message: '' });
    });

    it('takes an array of messages for details, as validation pipes make them', () => {
      expect(told(new BadRequestException(['text must be a string', 'room must be a string']))).toEqual({
        code: 'bad_request',
        status: 400,
        message: 'Bad Request',
        details: ['text must be a string', 'room must be a string'],
      });
    });

    it('takes what else the response holds for details', () => {
      const response = {
        message: 'no',
        error: 'Bad Request',
        statusCode: 400,
        issues: [{ path: ['a'] }],
        retry: false,
      };
      expect(told(new BadRequestException(response))).toEqual({
        code: 'bad_request',
        status: 400,
        message: 'no',
        details: { issues: [{ path: ['a'] }], retry: false },
      });
    });

    it("takes the response's error where there is no message", () => {
      expect(told(new HttpException({ error: 'Conflict', version: 3 }, 409))).toEqual({
        code: 'conflict',
        status: 409,
        message: 'Conflict',
        details: { version: 3 },
      });
    });

    it("takes the exception's message where the response has no text", () => {
      expect(told(new NotFoundException({ id: 7 }))).toEqual({
        code: 'not_found',
        status: 404,
        message: 'Not Found Exception',
        details: { id: 7 },
      });
    });

    it('tells neither its cause nor its stack', () => {
      const answer = told(new BadRequestException('no', { cause: new Error('the password is x') }));
      expect(JSON.stringify(answer)).not.toMatch(/password|stack|error-answer/);
    });
  });

  describe('of a WsException', () => {
    it('keeps the message', () => {
      expect(told(new WsException('room is full'))).toEqual({ code: 'error', message: 'room is full' });
    });

    it('keeps code, message and what else it holds', () => {
      expect(told(new WsException({ code: 'full', message: 'room is full', seats: 0 }))).toEqual({
        code: 'full',
        message: 'room is full',
        details: { seats: 0 },
      });
    });

    it('has no details where there is nothing else', () => {
      expect(told(new WsException({ message: 'room is full' }))).toEqual({ code: 'error', message: 'room is full' });
    });

    it("takes a code that is no string, or a message that is none, for the application's own", () => {
      expect(told(new WsException({ code: 7, seats: 0 }))).toEqual({
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
    ])('tells an id only, which the log has beside the error: %s', (error) => {
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
    /** As RpcException of @nestjs/microservices. */
    class RpcException extends Error {
      constructor(private readonly error: string | object) {
        super(typeof error === 'string' ? error : 'Rpc Exception');
      }

      getError(): string | object {
        return this.error;
      }
    }

    it('keeps what it says', () => {
      expect(told(new RpcException('no such room'))).toEqual({ code: 'error', message: 'no such room' });
      expect(told(new RpcException({ code: 'full', seats: 0 }))).toEqual({
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
      expect(told(new Foreign())).toEqual({ code: 'not_found', status: 404, message: 'no such room' });
    });
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
  it('makes nothing of undefined', () => {
    expect(toAckArgs(undefined)).toEqual([]);
  });

  it.each([null, false, 0, '', Number.NaN, 'text', { a: 1 }])('takes %j for one argument', (result) => {
    expect(toAckArgs(result)).toEqual([result]);
  });

  it.each([[[]], [[1, 2]], [[undefined]]])('takes the array %j for one argument', (result) => {
    expect(toAckArgs(result)).toEqual([result]);
  });

  it('takes ackArgs() for as many arguments as it has', () => {
    expect(toAckArgs(ackArgs(1, [2]))).toEqual([1, [2]]);
    expect(toAckArgs(ackArgs())).toEqual([]);
  });
});
