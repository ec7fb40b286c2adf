import { createHmac } from 'node:crypto';
import { Socket } from 'socket.io';

export interface IUser {
    id: string;
}

export type ShopSocket = Socket & { user: IUser };

type SocketMiddleware = (socket: Socket, next: (err?: Error) => void) => void;

const sign = (id: string): string =>
    createHmac('sha256', process.env.TOKEN_SECRET || 'shop')
        .update(id)
        .digest('hex');

export const createToken = (id: string): string => `${id}.${sign(id)}`;

/**
 * For `afterInit` of gateways that are for customers only.
 */
export const AuthMiddleware = (): SocketMiddleware => (socket, next) => {
    const token = String(socket.handshake.auth.token || socket.handshake.query.token || '');
    const [id] = token.split('.');
    if (token !== createToken(id)) {
        next(new Error('Unauthorized'));
        return;
    }
    (socket as ShopSocket).user = { id };
    next();
};
