import { Body, Controller, Get, Post, Req, UnauthorizedException } from "@nestjs/common"
import type { FastifyRequest } from "fastify"

interface Credentials {
	user: string
	password: string
}

@Controller()
export class LoginController {
	@Post("login")
	login(@Body() { user, password }: Credentials, @Req() request: FastifyRequest) {
		if (password !== `${user}!`) throw new UnauthorizedException()
		request.raw.session.trader = { name: user, desk: user.startsWith("fx") ? "fx" : "equities" }
		return { user }
	}

	@Get("me")
	me(@Req() request: FastifyRequest) {
		return request.raw.session.trader ?? null
	}
}
