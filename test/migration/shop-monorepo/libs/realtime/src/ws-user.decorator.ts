import { createParamDecorator, ExecutionContext } from '@nestjs/common';
import { IUser, ShopSocket } from './auth.middleware';

export const WsUser = createParamDecorator(
    (field: keyof IUser | undefined, context: ExecutionContext) => {
        const { user } = context.switchToWs().getClient<ShopSocket>();
        return field ? user[field] : user;
    }
);
