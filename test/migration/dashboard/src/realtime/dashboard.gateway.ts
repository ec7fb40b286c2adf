import { UsePipes } from "@nestjs/common"
import {
	ConnectedSocket,
	MessageBody,
	type OnGatewayConnection,
	type OnGatewayInit,
	SubscribeMessage,
	WebSocketGateway,
	WebSocketServer,
	WsException,
} from "@nestjs/websockets"
import { z } from "zod"
import type { AuthenticatedSocket, DashboardServer } from "./events.js"
import { PricesService } from "./prices.service.js"
import { ZodPipe } from "./zod.pipe.js"

const Order = z.object({ symbol: z.string(), quantity: z.int().positive().max(10_000) })

@WebSocketGateway()
export class DashboardGateway implements OnGatewayInit<DashboardServer>, OnGatewayConnection<AuthenticatedSocket> {
	@WebSocketServer()
	private readonly server!: DashboardServer

	constructor(private readonly prices: PricesService) {}

	afterInit(server: DashboardServer) {
		this.prices.start(server)
	}

	handleConnection(client: AuthenticatedSocket) {
		client.data.orders = 0
		void client.join(`desk:${client.trader.desk}`)
		client.emit("hello", client.trader)
	}

	@SubscribeMessage("watch")
	watch(@MessageBody() symbols: string[], @ConnectedSocket() client: AuthenticatedSocket) {
		const known = symbols.filter((symbol) => this.prices.quote(symbol) !== undefined)
		void client.join(known.map((symbol) => `quotes:${symbol}`))
		return known
	}

	@SubscribeMessage("unwatch")
	async unwatch(@MessageBody() symbol: string, @ConnectedSocket() client: AuthenticatedSocket) {
		await client.leave(`quotes:${symbol}`)
		return [...client.rooms].filter((room) => room.startsWith("quotes:")).map((room) => room.slice(7))
	}

	@UsePipes(new ZodPipe(Order))
	@SubscribeMessage("order")
	order(@MessageBody() order: z.infer<typeof Order>, @ConnectedSocket() client: AuthenticatedSocket) {
		const quote = this.prices.quote(order.symbol)
		if (quote === undefined) throw new WsException({ code: "unknown_symbol", symbol: order.symbol })
		client.data.orders += 1
		const filled = { ...order, price: quote.price }
		this.server.to(`desk:${client.trader.desk}`).except(client.id).emit("filled", filled)
		return { event: "filled", data: filled }
	}
}
