/**
 * Where Redis is, for the adapter and for the microservices.
 */
export const redisOptions = () => ({
    host: process.env.REDIS_HOST || 'localhost',
    port: parseInt(process.env.REDIS_PORT || '6379', 10)
});
