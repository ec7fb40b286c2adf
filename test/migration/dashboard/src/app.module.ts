import { Module } from "@nestjs/common"
import { AdminModule } from "./admin/admin.module.js"
import { LoginController } from "./auth/login.controller.js"
import { ConfigModule } from "./config/config.module.js"
import { RealtimeModule } from "./realtime/realtime.module.js"

@Module({
	imports: [
		ConfigModule,
		RealtimeModule,
		AdminModule,
	],
	controllers: [LoginController],
})
export class AppModule {}
