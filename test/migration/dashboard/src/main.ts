import "reflect-metadata"
import { NestFactory } from "@nestjs/core"
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify"
import { AppModule } from "./app.module.js"
import { createSession } from "./auth/session.js"
import { ConfigService } from "./config/config.service.js"
import { DashboardIoAdapter } from "./realtime/dashboard-io.adapter.js"

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
	logger: ["error", "warn"],
})
const config = app.get(ConfigService)
const session = createSession(config)

app.enableShutdownHooks()
app.use(session)
app.useWebSocketAdapter(new DashboardIoAdapter(app, session))

await app.listen({ port: config.get("PORT"), host: config.get("HOST") })
console.log(`dashboard server at ${await app.getUrl()}`)
