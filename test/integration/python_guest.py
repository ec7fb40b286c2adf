"""
Enters a room with Debian's socketio.AsyncClient, for python-guest.spec.ts: it follows the presence of the room as
docs/presence.md describes it, is sent the past, and gets latest values. Argument: the URL.
Prints one JSON line: {"rewound": answer, "said": [...], "states": [...], "diffs": [...], "users": {...}, "prices": [...]}
"""
import asyncio
import json
import sys

import socketio

NAMESPACE = '/lounge'
ROOM = 'bar'


class Guest:
    """A client in one room."""

    def __init__(self, sio):
        self.states, self.diffs, self.said, self.prices = [], [], [], []
        self.users = {}
        for event in ('presence_state', 'presence_diff', 'said', 'price'):
            sio.on(event, getattr(self, f'on_{event}'), NAMESPACE)

    def on_presence_state(self, room, users):
        self.states.append([room, users])
        self.users = dict(users)

    def on_presence_diff(self, room, diff):
        self.diffs.append([room, diff])
        self.users.update(diff['joins'])
        for user in diff['leaves']:
            del self.users[user]

    def on_said(self, text):
        self.said.append(text)

    def on_price(self, symbol, price):
        self.prices.append([symbol, price])


async def until(condition):
    while not condition():
        await asyncio.sleep(0.005)


async def main(url):
    sio = socketio.AsyncClient(reconnection=False)
    guest = Guest(sio)
    await sio.connect(url, transports=['websocket'], namespaces=[NAMESPACE])
    rewound = await sio.call('enter', ('zoe', {'name': 'Zoë'}), NAMESPACE)
    await until(lambda: 'zoe' in guest.users)
    await sio.emit('say', 'hello', NAMESPACE)  # the other guest leaves when it hears this
    await until(lambda: 'ben' not in guest.users)
    await sio.emit('rush', 100, NAMESPACE)
    await until(lambda: ['AAPL', 100] in guest.prices)
    print(json.dumps({'rewound': rewound, **vars(guest)}))
    await sio.disconnect()


asyncio.run(asyncio.wait_for(main(sys.argv[1]), 30))
