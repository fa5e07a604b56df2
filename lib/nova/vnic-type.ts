/** How a port reaches its server, in Neutron's words (`binding:vnic_type`). */
export enum VnicType {
  /** A virtual NIC at a virtual switch: what every cloud has. */
  NORMAL = 'normal',
  /** A virtual function of an SR-IOV card. The switch, and on most cards the security groups, are passed by. */
  DIRECT = 'direct',
  /** A whole SR-IOV card. */
  DIRECT_PHYSICAL = 'direct-physical',
  /** A virtual function behind a macvtap device. */
  MACVTAP = 'macvtap',
  /** A virtio NIC served by the card itself. */
  VIRTIO_FORWARDER = 'virtio-forwarder',
  /** A vDPA device: a virtio NIC whose data path is the card's. */
  VDPA = 'vdpa',
  /** A port of a remote-managed card (a DPU). */
  REMOTE_MANAGED = 'remote-managed',
}
