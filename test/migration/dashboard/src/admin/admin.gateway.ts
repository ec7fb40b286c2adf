import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway, WebSocketServer } from "@nestjs/websockets"
import * as io from "socket.io"

interface Stats {
	connections: number
	traders: { id: string; orders: number }[]
	rooms: string[]
}

@WebSocketGateway({ namespace: "/admin" })
export class AdminGateway {
	@WebSocketServer()
	private readonly admin!: io.Namespace

	@SubscribeMessage("stats")
	stats(): Stats {
		const main = this.traders
		return {
			connections: this.admin.server.engine.clientsCount,
			traders: [...main.sockets.values()].map(({ id, data }) => ({ id, orders: data.orders as number })),
			rooms: [...main.adapter.rooms.keys()].filter((room) => room.includes(":")).sort(),
		}
	}

	@SubscribeMessage("notice")
	notice(@MessageBody() text: string, @ConnectedSocket() client: io.Socket) {
		client.broadcast.emit("noticed", text)
		this.traders.emit("notice", text)
		return this.traders.sockets.size
	}

	@SubscribeMessage("disconnect-trader")
	disconnectTrader(@MessageBody() id: string) {
		this.traders.in(id).disconnectSockets(true)
	}

	private get traders(): io.Namespace {
		return this.admin.server.of("/")
	}
}
