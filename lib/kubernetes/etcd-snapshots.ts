/** A bucket of an S3 service (Ceph's RADOS gateway, Swift's s3api, AWS), to which control-plane nodes put their snapshots. */
export interface SnapshotBucket {
  /** URL of the bucket: `https://s3.example.com/backups`. Snapshots become `<cluster>/<node>/etcd-<time>.db` in it; nothing is ever deleted there. */
  readonly url: string;
  /**
   * Region that requests are signed for.
   * @default "us-east-1"
   */
  readonly region?: string;
  /** Access key of a user that may put objects there. */
  readonly accessKey: string;
  /** Its secret key: a sensitive variable of the stack. A literal is refused. */
  readonly secretKey: string;
}

/** Snapshots of etcd, every six hours on each control-plane node. */
export interface EtcdSnapshots {
  /**
   * How many are kept on the node's etcd volume, at least 2; only two on a volume that is nearly full.
   * @default 12
   */
  readonly keep?: number;
  /**
   * Where they are put besides. Settled when a server is made.
   * @default - only on the volumes: whoever loses all of them has lost the snapshots, too
   */
  readonly bucket?: SnapshotBucket;
}
