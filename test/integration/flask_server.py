"""
Debian's Flask-SocketIO for flask.spec.ts: a server on the given port and Redis. Its clients control it. Debian's
version sends pickles; with "json" it sends JSON, as newer versions do.
"""
import json
import sys

import socketio as library
from flask import Flask, request
from flask_socketio import SocketIO, close_room, disconnect, emit, join_room


class JsonRedisManager(library.RedisManager):
    """Writes the JSON of python-socketio 5.15.1. Debian's version already reads JSON."""

    def _publish(self, data):
        if data['method'] == 'emit':
            value = data['data']
            args = [] if value is None else list(value) if isinstance(value, tuple) else [value]
            data = {**data, 'data': args, 'binary': False}
        self.redis.publish(self.channel, json.dumps({'host_id': self.host_id, **data}))

    def _handle_emit(self, message):
        super()._handle_emit({**message, 'data': tuple(message['data'])})


def queue(url, dialect, **options):
    if dialect == 'pickle':
        return {'message_queue': url}
    manager = JsonRedisManager(url, channel='flask-socketio', **options)
    return {'message_queue': url, 'client_manager': manager}


def serve(url, dialect, port):
    app = Flask(__name__)
    socketio = SocketIO(app, async_mode='threading', **queue(url, dialect))

    @socketio.on('join')
    def join(room):
        join_room(room)
        return request.sid

    @socketio.on('say')
    def say(data, options):
        emit('said', tuple(data), broadcast=True, **options)

    @socketio.on('ask')
    def ask(sid):
        emit('question', 'how are you?', to=sid, callback=lambda *args: socketio.emit('answered', list(args)))

    @socketio.on('kick')
    def kick(sid):
        disconnect(sid, '/')

    @socketio.on('close')
    def close(room):
        close_room(room)

    socketio.run(app, port=port, allow_unsafe_werkzeug=True)


def emit_once(url, dialect):
    """Emits as a worker does, without an application or a server."""
    SocketIO(**queue(url, dialect, **({} if dialect == 'pickle' else {'write_only': True}))).emit('report', {'done': 3})


if __name__ == '__main__':
    url, dialect, *port = sys.argv[1:]
    if port:
        serve(url, dialect, int(port[0]))
    else:
        emit_once(url, dialect)
