import { Injectable } from '@nestjs/common';
import { CatalogGateway } from './catalog.gateway';

@Injectable()
export class CatalogService {
    private readonly stock = new Map<string, number>([
        ['tea', 10],
        ['cup', 3]
    ]);

    constructor(private readonly gateway: CatalogGateway) {}

    /**
     * @returns whether there was enough of it
     */
    take(sku: string, quantity: number): boolean {
        const left = (this.stock.get(sku) ?? 0) - quantity;
        if (left < 0) return false;

        this.stock.set(sku, left);
        this.gateway.stockChanged(sku, left);
        return true;
    }
}
