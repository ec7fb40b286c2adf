/** The faults that a nemesis causes. Each ends with what heals it; the caller waits until all nodes are healthy. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../soak/load/random.mjs';
import { type Redis, startRedis } from '../support/redis.js';
import type { ClusterNode } from './cluster-node.js';

export interface Scene {
  readonly nodes: readonly ClusterNode[];
  broker: Redis;
}

/** @param duration ms. @returns the node that lost its unsent messages, if any */
type Fault = (scene: Scene, node: ClusterNode, duration: number, random: Random) => Promise<ClusterNode | void>;

export const FAULTS: Readonly<Record<string, Fault>> = {
  async 'a node is stopped'(_scene, node, duration) {
    node.signal('SIGSTOP');
    await sleep(duration);
    node.signal('SIGCONT');
  },

  async 'a node is killed'(_scene, node, duration) {
    await node.kill();
    await sleep(duration);
    await node.restart();
  },

  async 'a node is replaced'(_scene, node) {
    await node.drain();
    await node.restart();
  },

  async 'the broker is stopped'({ broker }, _node, duration) {
    broker.signal('SIGSTOP');
    await sleep(duration);
    broker.signal('SIGCONT');
  },

  async 'the broker is killed'(scene, _node, duration) {
    const { port } = scene.broker;
    scene.broker.signal('SIGKILL');
    await scene.broker.stop();
    await sleep(duration);
    scene.broker = await startRedis(port);
  },

  async 'a connection is cut'(_scene, { proxy }, duration) {
    proxy.cut();
    await sleep(duration);
    proxy.heal();
  },

  async 'a connection is half-closed'(_scene, { proxy }, duration) {
    proxy.halfClose();
    await sleep(duration);
    proxy.heal();
  },

  async 'a connection is silent'(_scene, { proxy }, duration) {
    proxy.silence();
    await sleep(duration);
    proxy.heal();
  },

  async 'a connection is slow'(_scene, { proxy }, duration, random) {
    proxy.delay = random.int(20, 300);
    await sleep(duration);
    proxy.heal();
  },
};
