/**
 * `@socket.io/mongo-adapter` under our server, in one cluster with a server of the `socket.io` package. There is
 * no MongoDB in this: Debian does not have it. The adapter itself is the published one; the collection that it
 * is given is a stand-in with the members that it touches.
 */
import { createAdapter } from '@socket.io/mongo-adapter';
import { beforeEach, describe } from 'vitest';
import { itServesACluster } from '../support/cluster-suite.js';
import { MongoCollection } from '../support/mongo-collection.js';

describe('a cluster on a stand-in for MongoDB', () => {
  let collection: MongoCollection;

  beforeEach(() => {
    collection = new MongoCollection();
  });

  itServesACluster(() => createAdapter(collection as never));
});
