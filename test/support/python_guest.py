"""
A guest of one room with Debian's socketio.AsyncClient. Over any number of connections, it follows presence, history,
latest values and streams as the pages in docs/ describe it. Arguments: the scenario, the namespace, and those of the
scenario. Prints one JSON line:
{"visits": [what it got over each connection, ...], "users": {...}, "streams": [...], "refused": answer}
"""
import asyncio
import itertools
import json
import sys

import socketio

# How often a stream is acknowledged
ACK_EVERY = 10


class Guest:
    def __init__(self, namespace):
        self.sio = socketio.AsyncClient(reconnection_delay=0.05, randomization_factor=0)
        self.namespace = namespace
        self.enter = None  # returns the arguments of 'enter', which is emitted over each connection
        self.visits = []
        self.users = {}
        self.streams = []
        self.refused = None  # the answer for a stream that is no longer kept
        self.newest = 0  # the time of the newest message
        for event in ('connect', 'presence_state', 'presence_diff', 'said', 'price', 'stream', 'stream_end'):
            self.sio.on(event, getattr(self, f'on_{event}'), namespace)

    async def connect(self, url):
        await self.sio.connect(url, transports=['websocket'], namespaces=[self.namespace])

    async def emit(self, event, *args, callback=None):
        await self.sio.emit(event, args, self.namespace, callback)

    async def ask(self, *args):
        def started(answer):
            self.streams.append({'id': answer['stream'], 'values': [], 'end': None, 'resumed': []})

        count = len(self.streams)
        await self.emit('count', *args, callback=started)
        await until(lambda: len(self.streams) > count)
        return self.streams[-1]

    @property
    def visit(self):
        """The present connection."""
        return self.visits[-1]

    async def on_connect(self):
        args = self.enter()
        visit = {'entered': None, 'states': [], 'diffs': [], 'said': [], 'prices': []}

        def entered(answer=None):
            visit['entered'] = answer

        self.visits.append(visit)
        self.users = {}
        await self.emit('enter', *args, callback=entered)
        for stream in self.streams:
            if stream['end'] is None:
                await self.emit('stream_resume', stream['id'], len(stream['values']), callback=stream['resumed'].append)

    def on_presence_state(self, room, users):
        self.visit['states'].append([room, users])
        self.users = dict(users)

    def on_presence_diff(self, room, diff):
        self.visit['diffs'].append([room, diff])
        self.users.update(diff['joins'])
        for user in diff['leaves']:
            del self.users[user]

    # With recovery, an event has its offset as one more argument.
    def on_said(self, text, at=0, *_):
        self.visit['said'].append(text)
        self.newest = at

    def on_price(self, *price):
        self.visit['prices'].append(list(price[:2]))

    async def on_stream(self, id, n, value, *_):
        for stream in self.streams:
            if stream['id'] == id:
                stream['values'].append([n, value])
        if n % ACK_EVERY == 0:
            await self.emit('stream_ack', id, n)

    def on_stream_end(self, id, *end):
        for stream in self.streams:
            if stream['id'] == id:
                stream['end'] = end

    def report(self):
        return json.dumps({key: getattr(self, key) for key in ('visits', 'users', 'streams', 'refused')})


async def until(condition):
    while not condition():
        await asyncio.sleep(0.005)


async def stays(guest, url):
    """Stays in the room over one connection."""
    guest.enter = lambda: ('zoe', {'name': 'Zoë'}, {'rewind': 2})
    await guest.connect(url)
    await until(lambda: 'zoe' in guest.users)
    await guest.emit('say', 'hello')  # the other guest leaves when it hears this
    await until(lambda: 'ben' not in guest.users)
    await guest.emit('rush', 100)
    await until(lambda: ['AAPL', 100] in guest.visit['prices'])


async def returns(guest, url):
    """Loses its connection while it is sent a stream, returns to the same server, and cancels the stream."""
    guest.enter = lambda: ('zoe', {'name': 'Zoë'}, {'since': guest.newest} if guest.visits else {'rewind': 2})
    await guest.connect(url)
    await until(lambda: 'zoe' in guest.users)
    stream = await guest.ask(1_000_000, 30)  # the connection is lost at the 30th value
    await until(lambda: len(guest.visits) == 2 and 'zoe' in guest.users and guest.visit['said'][-1:] == ['three'])
    await until(lambda: len(stream['values']) > 100)
    await guest.emit('stream_cancel', stream['id'])
    guest.refused = await guest.sio.call('stream_resume', (stream['id'], 0), guest.namespace)


async def moves(guest, room, *urls):
    """Loses its connection to the first server, and the second server, while it is sent a stream. Returns to the first."""
    guest.enter = lambda: ('zoe', room)
    urls = itertools.cycle(urls)
    await guest.connect(lambda: next(urls))
    await until(lambda: 'zoe' in guest.users)
    first = await guest.ask(60, 30)  # the connection is lost at the 30th value
    await until(lambda: len(guest.visits) == 2 and 'zoe' in guest.visit['said'] and first['end'])
    second = await guest.ask()
    await until(lambda: len(second['values']) > 20)
    await guest.emit('say', 'ready', room)  # the server is killed now
    await until(lambda: len(guest.visits) == 3 and 'end' in guest.visit['said'])
    await until(lambda: 'cat' not in guest.users and second['resumed'])


async def main(scenario, namespace, *args):
    guest = Guest(namespace)
    try:
        await asyncio.wait_for(globals()[scenario](guest, *args), 30)
    except asyncio.TimeoutError:
        sys.exit('not in time: ' + guest.report())
    print(guest.report(), flush=True)
    await asyncio.sleep(30)  # the guest stays until the test ends this process


asyncio.run(main(*sys.argv[1:]))
