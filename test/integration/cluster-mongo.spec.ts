/**
 * `@socket.io/mongo-adapter` under our server, in one cluster with a server of the `socket.io` package. The adapter is
 * the published one, but there is no MongoDB, since Debian does not package it: the adapter gets a fake collection that
 * implements the members it uses.
 */
import { createAdapter } from '@socket.io/mongo-adapter';
import { beforeEach, describe } from 'vitest';
import { itServesACluster } from '../support/cluster-suite.js';
import { MongoCollection } from '../support/mongo-collection.js';

describe('a cluster on a fake MongoDB', () => {
  let collection: MongoCollection;

  beforeEach(() => {
    collection = new MongoCollection();
  });

  itServesACluster(() => createAdapter(collection as never));
});
