import { type ArgumentMetadata, Injectable, type PipeTransform } from "@nestjs/common"
import { WsException } from "@nestjs/websockets"
import { z } from "zod"

@Injectable()
export class ZodPipe<T> implements PipeTransform<unknown, unknown> {
	constructor(private readonly schema: z.ZodType<T>) {}

	transform(value: unknown, { type }: ArgumentMetadata) {
		if (type !== "body") return value
		const { success, data, error } = this.schema.safeParse(value)
		if (success) return data
		throw new WsException({ code: "invalid", issues: error.issues.map(({ path }) => path.join(".")) })
	}
}
