import type { IncomingMessage } from "node:http"
import type { INestApplicationContext } from "@nestjs/common"
import { IoAdapter } from "@nestjs/platform-socket.io"
import type { Request, RequestHandler, Response } from "express"
import type { ExtendedError, Server, ServerOptions, Socket } from "socket.io"
import { ConfigService } from "../config/config.service.js"
import type { AuthenticatedSocket } from "./events.js"

type Next = (error?: ExtendedError) => void

/** Runs a middleware of express for a socket. */
const wrap = (middleware: RequestHandler) => (socket: Socket, next: Next) =>
	middleware(socket.request as Request, {} as Response, next as never)

export class DashboardIoAdapter extends IoAdapter {
	private readonly config: ConfigService

	constructor(
		app: INestApplicationContext,
		private readonly session: RequestHandler,
	) {
		super(app)
		this.config = app.get(ConfigService)
	}

	override createIOServer(port: number, options?: ServerOptions): Server {
		const origins = this.config.get("ALLOWED_ORIGINS")
		const server: Server = super.createIOServer(port, {
			...options,
			path: this.config.get("SOCKET_PATH"),
			transports: ["websocket", "polling"],
			cors: { origin: origins, credentials: true },
			maxHttpBufferSize: 16 * 1024,
			pingInterval: 10_000,
			pingTimeout: 5_000,
			// CORS does not apply to WebSockets.
			allowRequest: ({ headers }: IncomingMessage, callback) => {
				callback(null, headers.origin === undefined || origins.includes(headers.origin))
			},
		} as ServerOptions)

		server.use(wrap(this.session))
		server.use((socket, next) => {
			const { trader } = socket.request.session
			if (trader === undefined) return next(new Error("log in first"))
			;(socket as AuthenticatedSocket).trader = trader
			next()
		})

		server.of("/admin").use((socket, next) => {
			if (socket.handshake.auth["key"] === this.config.get("ADMIN_KEY")) return next()
			const error: ExtendedError = new Error("wrong key")
			error.data = { code: 4031 }
			next(error)
		})

		return server
	}
}
