import { Injectable, type OnModuleDestroy } from "@nestjs/common"
import { ConfigService } from "../config/config.service.js"
import type { DashboardServer, Quote } from "./events.js"

const SYMBOLS = ["ACME", "EURUSD", "GLOBEX"]

@Injectable()
export class PricesService implements OnModuleDestroy {
	private server?: DashboardServer
	private timer?: NodeJS.Timeout
	private readonly prices = new Map(SYMBOLS.map((symbol, index) => [symbol, 100 * (index + 1)]))

	constructor(private readonly config: ConfigService) {}

	start(server: DashboardServer) {
		this.server = server
		this.timer = setInterval(() => this.tick(), this.config.get("TICK"))
	}

	quote(symbol: string): Quote | undefined {
		const price = this.prices.get(symbol)
		return price === undefined ? undefined : { symbol, price, at: Date.now() }
	}

	private tick() {
		for (const [symbol, price] of this.prices) {
			this.prices.set(symbol, price + 0.25)
			this.server?.to(`quotes:${symbol}`).emit("quote", this.quote(symbol)!)
		}
	}

	onModuleDestroy() {
		clearInterval(this.timer)
	}
}
