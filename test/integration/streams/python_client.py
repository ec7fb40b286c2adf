"""
Follows the protocol of streams with Debian's socketio.AsyncClient, for client.spec.ts, which breaks the
connection meanwhile. Arguments: the URL and the number of values.
Prints one JSON line: {"values": [...], "end": [n, error], "resumed": [answer, ...], "refused": answer}
"""
import asyncio
import json
import sys

import socketio

NAMESPACE = '/tokens'
ACK_AFTER = 32


class Stream:
    """The values of one stream."""

    def __init__(self, sio):
        self.sio = sio
        self.id = None
        self.values = []
        self.end = asyncio.get_running_loop().create_future()
        self.resumed = []
        sio.on('connect', self.resume, NAMESPACE)
        sio.on('stream', self.on_value, NAMESPACE)
        sio.on('stream_end', self.on_end, NAMESPACE)

    async def ask(self, event, *args):
        self.id = (await self.sio.call(event, args, NAMESPACE))['stream']

    async def resume(self):
        """After each reconnection, the values after the last one follow."""
        if self.id is not None:
            await self.sio.emit('stream_resume', (self.id, len(self.values)), NAMESPACE, self.resumed.append)

    async def on_value(self, id, n, value):
        if id == self.id and n == len(self.values) + 1:
            self.values.append(value)
            if n % ACK_AFTER == 0:
                await self.sio.emit('stream_ack', (id, n), NAMESPACE)

    def on_end(self, id, n, error=None):
        if id == self.id and n == len(self.values):
            self.end.set_result([n, error])


async def main(url, total):
    sio = socketio.AsyncClient(reconnection_delay=0.05, randomization_factor=0)
    stream = Stream(sio)
    await sio.connect(url, transports=['websocket'], namespaces=[NAMESPACE])
    await stream.ask('count', total)
    end = await stream.end
    refused = await sio.call('stream_resume', ('unknown', 0), NAMESPACE)
    print(json.dumps({'values': stream.values, 'end': end, 'resumed': stream.resumed, 'refused': refused}))
    await sio.disconnect()


asyncio.run(asyncio.wait_for(main(sys.argv[1], int(sys.argv[2])), 30))
