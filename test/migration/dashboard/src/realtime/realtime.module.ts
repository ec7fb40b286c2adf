import { Module } from "@nestjs/common"
import { DashboardGateway } from "./dashboard.gateway.js"
import { PricesService } from "./prices.service.js"

@Module({ providers: [DashboardGateway, PricesService] })
export class RealtimeModule {}
