import { Injectable } from "@nestjs/common"
import { z } from "zod"

const Environment = z.object({
	PORT: z.coerce.number().default(8080),
	HOST: z.string().default("0.0.0.0"),
	SOCKET_PATH: z.string().startsWith("/").default("/stream"),
	ALLOWED_ORIGINS: z.string().default("http://localhost:4200").transform((list) => list.split(",")),
	ADMIN_KEY: z.string().min(8),
	SESSION_SECRET: z.string().default("not for production"),
	TICK: z.coerce.number().default(250),
})
type Environment = z.infer<typeof Environment>

@Injectable()
export class ConfigService {
	readonly #values = Environment.parse(process.env)

	get<K extends keyof Environment>(key: K): Environment[K] {
		return this.#values[key]
	}
}
