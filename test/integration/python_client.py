"""
Takes Debian's socketio.AsyncClient through the scenario of python-client.spec.ts, with the server at the given URL.
Prints one JSON line for each event of a client as it arrives, and checks nothing:
{"client": ..., "namespace": ..., "saw": ..., "args": [...]}. Bytes are printed as {"hex": ...}.
"""
import asyncio
import json
import sys
from collections import defaultdict

import socketio

NESTED = {
    'title': 'Ünïcode 😀',
    'blob': bytes([0, 1, 254, 255]),
    'list': [b'', {'deep': [b'deep', None, 1.5, True]}],
}


class Client:
    """An AsyncClient that prints every event it receives."""

    def __init__(self, name):
        self.name = name
        self.sio = socketio.AsyncClient(reconnection=False)
        self.seen = defaultdict(asyncio.Queue)
        for namespace in ('/', '/chat'):
            for event in ('connect', 'connect_error', 'disconnect', '*'):
                self.sio.on(event, self.watcher(namespace, event), namespace)
        self.sio.on('question', self.answer, '/chat')

    async def connect(self, url):
        await self.sio.connect(
            url, transports=['websocket'], namespaces=['/', '/chat'], auth={'name': self.name}, wait=False
        )
        await self.next('/', 'connect')

    async def emit(self, namespace, event, *args):
        await self.sio.emit(event, args, namespace)

    async def ask(self, namespace, event, *args):
        def callback(*answer):
            self.see(namespace, f'answer to {event}', *answer)

        await self.sio.emit(event, args, namespace, callback)
        await self.next(namespace, f'answer to {event}')

    async def next(self, namespace, event):
        await self.seen[namespace, event].get()

    def watcher(self, namespace, event):
        if event == '*':
            return lambda name, *args: self.see(namespace, name, *args)
        return lambda *args: self.see(namespace, event, *args)

    def answer(self, question):
        self.see('/chat', 'question', question)
        return {'echo': question, 'proof': [b'\x00\x80']}, 'second'

    def see(self, namespace, event, *args):
        line = {'client': self.name, 'namespace': namespace, 'saw': event, 'args': args}
        print(json.dumps(line, default=lambda data: {'hex': data.hex()}), flush=True)
        self.seen[namespace, event].put_nowait(args)


async def refused(url, name):
    client = Client(name)
    await client.connect(url)
    await client.next('/chat', 'connect_error')
    await client.ask('/', 'echo', 'still here')
    await client.sio.disconnect()


async def joined(url, name):
    client = Client(name)
    await client.connect(url)
    await client.next('/chat', 'connect')
    await client.ask('/chat', 'join', 'den')
    return client


async def main(url):
    await refused(url, 'guest')
    await refused(url, 'banned')

    ada = await joined(url, 'ada')
    ben = await joined(url, 'ben')

    await ada.ask('/', 'echo')
    await ada.ask('/', 'echo', 'text', 2, [None, {'three': 3}])
    await ada.ask('/', 'echo', NESTED, b'tail')
    await ada.ask('/', 'inspect', NESTED)
    await ada.emit('/', 'mirror', NESTED)
    await ada.next('/', 'mirrored')
    await ada.ask('/chat', 'survey', 'what?', b'\xff')

    await ada.ask('/chat', 'say', 'den', 'not to myself')
    await ada.ask('/chat', 'tell', 'den', 'to all of us')
    await ben.ask('/chat', 'leave', 'den')
    await ada.ask('/chat', 'tell', 'den', 'to who is left')
    await ada.ask('/chat', 'tell', [], 'to nobody')
    await ada.ask('/chat', 'announce', b'\x01\x02')
    await ben.next('/chat', 'announced')

    await ada.emit('/chat', 'leaveChat')
    await ada.next('/chat', 'disconnect')
    await ada.ask('/', 'echo', 'only the chat is over')
    await ada.emit('/', 'leaveAll')
    await ada.next('/', 'disconnect')
    await ben.sio.disconnect()


asyncio.run(asyncio.wait_for(main(sys.argv[1]), 30))
