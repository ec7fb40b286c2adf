import { type DefaultEventsMap, type Server, type Socket } from "socket.io"
import type { Trader } from "../auth/session.js"

export interface Quote {
	symbol: string
	price: number
	at: number
}

export interface ClientToServer {
	watch: (symbols: string[], done: (watching: string[]) => void) => void
	unwatch: (symbol: string) => void
	order: (order: { symbol: string; quantity: number }) => void
}

export interface ServerToClient {
	quote: (quote: Quote) => void
	hello: (trader: Trader) => void
	filled: (order: { symbol: string; quantity: number; price: number }) => void
	notice: (text: string) => void
}

export interface SocketData {
	orders: number
}

export type DashboardServer = Server<ClientToServer, ServerToClient, DefaultEventsMap, SocketData>
export type DashboardSocket = Socket<ClientToServer, ServerToClient, DefaultEventsMap, SocketData>

export interface AuthenticatedSocket extends DashboardSocket {
	trader: Trader
}
