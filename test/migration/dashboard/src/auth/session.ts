import session, { type SessionData } from "express-session"
import type { ConfigService } from "../config/config.service.js"

export interface Trader {
	name: string
	desk: "fx" | "equities"
}

declare module "express-session" {
	interface SessionData {
		trader: Trader
	}
}

declare module "http" {
	interface IncomingMessage {
		session: session.Session & Partial<SessionData>
	}
}

const store = new session.MemoryStore()

/** The same session for HTTP and for sockets. */
export const createSession = (config: ConfigService) =>
	session({
		store,
		secret: config.get("SESSION_SECRET"),
		name: "desk.sid",
		resave: false,
		saveUninitialized: false,
	})
