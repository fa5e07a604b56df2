#!/usr/bin/env bash
# Brings up a real OpenStack control plane (Debian 12's packages, release Zed) on loopback: Keystone, Glance, Placement, Nova with fake
# hypervisors, Neutron (ML2, trunk, QoS), Cinder on a backend of database rows, Barbican, Ironic with fake hardware, Octavia whose amphorae
# Nova boots and whose agent is the no-op driver. No data path: servers are ACTIVE and run nothing.
# Needs root. `--fresh` starts a new cloud whatever an earlier one left; `--packages` only installs.
# Prints the credentials' file as OPENRC. openstack-down.sh stops it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
LOG=${LAB_LOG:-/var/log/lab}
RUN=/run/lab
PW=lab-secret # of the lab's services and its admin; they listen on loopback and go with it
FAKE_COMPUTES=${FAKE_COMPUTES:-5}
[ "$(id -u)" = 0 ] || die 'openstack-up.sh needs root'

if ! command -v octavia-worker >/dev/null || ! command -v ironic-conductor >/dev/null; then
  # nova-compute-qemu is what nova-compute would pull in; the fake driver needs no hypervisor
  apt_install 'openstack packages' mariadb-server rabbitmq-server memcached crudini curl openssl \
    python3-openstackclient python3-octaviaclient python3-barbicanclient python3-ironicclient python3-pymysql \
    keystone glance-api placement-api nova-api nova-conductor nova-scheduler nova-compute nova-compute-qemu- \
    neutron-server neutron-plugin-ml2 neutron-plugin-linuxbridge-agent cinder-api cinder-scheduler cinder-volume \
    octavia-api octavia-worker octavia-health-manager octavia-housekeeping \
    ironic-api ironic-conductor barbican-api iproute2 ebtables ipset bridge-utils
fi
[ "${1:-}" != --packages ] || exit 0
mkdir -p "$LOG" "$RUN"
rm -f "$RUN/ready"
start() { # name command...
  local name=$1; shift
  if [ -f "$RUN/$name.pid" ] && kill -0 "$(cat "$RUN/$name.pid")" 2>/dev/null; then return 0; fi
  setsid nohup "$@" >"$LOG/$name.log" 2>&1 </dev/null & echo $! >"$RUN/$name.pid"
}
api() { # name port wsgi-file [threads] [processes]; the eventlet-patched services (nova, cinder, glance, ironic) deadlock on native threads: one thread, more processes
  local name=$1 port=$2 wsgi=$3
  start "$name" uwsgi_python3 --http-socket "127.0.0.1:$port" --wsgi-file "$wsgi" --master \
    --processes "${5:-2}" --threads "${4:-8}" --enable-threads --lazy-apps --buffer-size 65535 --die-on-term --need-app --post-buffering 65536 --add-header "Connection: close" --procname-prefix "$name-"
}
waitfor() { # url
  for _ in $(seq 240); do curl -s -o /dev/null "$1" && return 0; sleep 0.5; done
  die "no answer from $1; the services' logs are in $LOG"
}

DATABASES=(keystone glance placement nova nova_api nova_cell0 neutron cinder octavia octavia_persistence ironic barbican)
say "mariadb, rabbitmq, memcached"
if [ "${1:-}" = --fresh ]; then # a new cloud even where an earlier one was cut off: only before any service runs
  for f in "$RUN"/*.pid; do
    if [ -f "$f" ] && kill -0 "$(cat "$f")" 2>/dev/null; then die 'stop the running cloud first: openstack-down.sh --purge'; fi
  done
  rm -rf /var/lib/rabbitmq/mnesia
fi
mkdir -p /run/mysqld && chown mysql /run/mysqld
start mariadb mariadbd --user=mysql --bind-address=127.0.0.1 --max-connections=1000
start memcached memcached -u memcache -l 127.0.0.1
start epmd epmd -address 127.0.0.1 # else rabbitmq leaves one behind
export RABBITMQ_NODENAME=rabbit@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1
# not by Debian's wrapper: its su gives the server a session of its own, where nobody finds it to stop it
start rabbitmq setpriv --reuid=rabbitmq --regid=rabbitmq --init-groups env HOME=/var/lib/rabbitmq /usr/lib/rabbitmq/bin/rabbitmq-server
for _ in $(seq 60); do mariadb -e 'select 1' >/dev/null 2>&1 && break; sleep 0.5; done
for _ in $(seq 60); do rabbitmqctl -n rabbit@localhost await_startup >/dev/null 2>&1 && break; sleep 1; done
rabbitmqctl -n rabbit@localhost add_user openstack $PW >/dev/null 2>&1 || true
rabbitmqctl -n rabbit@localhost set_permissions openstack '.*' '.*' '.*' >/dev/null
for db in "${DATABASES[@]}"; do
  [ "${1:-}" != --fresh ] || mariadb -e "DROP DATABASE IF EXISTS $db"
  mariadb -e "CREATE DATABASE IF NOT EXISTS $db CHARACTER SET utf8; GRANT ALL ON $db.* TO '$db'@'127.0.0.1' IDENTIFIED BY '$PW'; GRANT ALL ON $db.* TO '$db'@'localhost' IDENTIFIED BY '$PW';"
done
mariadb -e "GRANT ALL ON nova_api.* TO 'nova'@'127.0.0.1'; GRANT ALL ON nova_cell0.* TO 'nova'@'127.0.0.1'; GRANT ALL ON octavia_persistence.* TO 'octavia'@'127.0.0.1';"
db() { echo "mysql+pymysql://$1:$PW@127.0.0.1/$2"; }
# crudini takes a tenth of a second a call and there are hundreds of settings: they are gathered a file, and merged by `configure`
PENDING=$(mktemp -d)
set_() { # file section key value
  printf '[%s]\n%s = %s\n' "$2" "$3" "$4" >>"$PENDING/${1//\//%}"
}
configure() {
  local f name
  for f in "$PENDING"/*; do
    name=${f##*/}
    crudini --merge "${name//%//}" <"$f"
    rm "$f"
  done
}
authtoken() { # conf user
  local c=$1 u=$2
  for kv in www_authenticate_uri=http://127.0.0.1:5000 auth_url=http://127.0.0.1:5000 memcached_servers=127.0.0.1:11211 auth_type=password \
    region_name=RegionOne project_domain_name=Default user_domain_name=Default project_name=service username=$u password=$PW service_token_roles=service service_token_roles_required=true; do
    set_ "$c" keystone_authtoken "${kv%%=*}" "${kv#*=}"; done
}
MQ="rabbit://openstack:$PW@127.0.0.1:5672/"

say "keystone"
K=/etc/keystone/keystone.conf
set_ $K database connection "$(db keystone keystone)"; set_ $K token provider fernet; set_ $K DEFAULT log_file ''; set_ $K DEFAULT use_stderr true
configure
(keystone-manage db_sync; keystone-manage fernet_setup --keystone-user keystone --keystone-group keystone; keystone-manage credential_setup --keystone-user keystone --keystone-group keystone
keystone-manage bootstrap --bootstrap-password $PW --bootstrap-admin-url http://127.0.0.1:5000/v3/ --bootstrap-internal-url http://127.0.0.1:5000/v3/ --bootstrap-public-url http://127.0.0.1:5000/v3/ --bootstrap-region-id RegionOne) >"$LOG/keystone-sync.log" 2>&1
chown -R root:root /etc/keystone/fernet-keys /etc/keystone/credential-keys
api keystone 5000 /usr/bin/keystone-wsgi-public 1 6; waitfor http://127.0.0.1:5000/v3
cat >"$RUN/openrc" <<R
export OS_AUTH_URL=http://127.0.0.1:5000/v3 OS_USERNAME=admin OS_PASSWORD=$PW OS_PROJECT_NAME=admin OS_USER_DOMAIN_NAME=Default OS_PROJECT_DOMAIN_NAME=Default OS_REGION_NAME=RegionOne OS_IDENTITY_API_VERSION=3
R
cat >"$RUN/clouds.yaml" <<R
clouds:
  lab:
    region_name: RegionOne
    identity_api_version: 3
    auth: { auth_url: http://127.0.0.1:5000/v3, username: admin, password: $PW, project_name: admin, user_domain_name: Default, project_domain_name: Default }
R
chmod 600 "$RUN/openrc" "$RUN/clouds.yaml"
# shellcheck source=/dev/null
. "$RUN/openrc"
# service users and catalogue, through one python process: the CLI takes seconds per call
/usr/bin/python3 - <<P
import os
from keystoneauth1 import session
from keystoneauth1.identity import v3
from keystoneclient.v3 import client
s=session.Session(auth=v3.Password(auth_url=os.environ['OS_AUTH_URL'],username='admin',password='$PW',project_name='admin',user_domain_name='Default',project_domain_name='Default'))
k=client.Client(session=s)
proj=[p for p in k.projects.list() if p.name=='service'] or [k.projects.create('service','default')]
admin=[r for r in k.roles.list() if r.name=='admin'][0]
names={r.name for r in k.roles.list()}
for r in ('load-balancer_member','load-balancer_admin','creator','member','heat_stack_user','service'):
    if r not in names: k.roles.create(r)
users={u.name:u for u in k.users.list()}
service=[r for r in k.roles.list() if r.name=='service'][0]
for n in ('glance','placement','nova','neutron','cinder','octavia','ironic','barbican'):
    u=users.get(n) or k.users.create(n,domain='default',password='$PW')
    k.roles.grant(admin,user=u,project=proj[0]); k.roles.grant(service,user=u,project=proj[0])  # cinder detaches only for a caller with a service token
adm=[u for u in k.users.list() if u.name=='admin'][0]
adp=[p for p in k.projects.list() if p.name=='admin'][0]
for r in k.roles.list():
    if r.name in('load-balancer_admin','load-balancer_member','creator','member'): k.roles.grant(r,user=adm,project=adp)
svc={x.name for x in k.services.list()}
for n,t,u in (('glance','image','http://127.0.0.1:9292'),('placement','placement','http://127.0.0.1:8778'),('nova','compute','http://127.0.0.1:8774/v2.1'),
  ('neutron','network','http://127.0.0.1:9696'),('cinder','block-storage','http://127.0.0.1:8776/v3/%(project_id)s'),('cinderv3','volumev3','http://127.0.0.1:8776/v3/%(project_id)s'),
  ('octavia','load-balancer','http://127.0.0.1:9876'),('ironic','baremetal','http://127.0.0.1:6385'),('barbican','key-manager','http://127.0.0.1:9311')):
    if n in svc: continue
    sv=k.services.create(n,t)
    for i in('public','internal','admin'): k.endpoints.create(sv,u,interface=i,region='RegionOne')
P

say "glance"
G=/etc/glance/glance-api.conf
set_ $G database connection "$(db glance glance)"; authtoken $G glance; set_ $G paste_deploy flavor keystone
set_ $G glance_store stores file; set_ $G glance_store default_store file; set_ $G glance_store filesystem_store_datadir /var/lib/glance/images; set_ $G DEFAULT log_file ''; set_ $G DEFAULT use_stderr true
set_ $G DEFAULT enabled_import_methods "[glance-direct,web-download]"; crudini --del $G DEFAULT enabled_backends
configure
mkdir -p /var/lib/glance/images; glance-manage db_sync >"$LOG/glance-sync.log" 2>&1
api glance 9292 /usr/bin/glance-wsgi-api 1 3

say "placement"
P=/etc/placement/placement.conf
set_ $P placement_database connection "$(db placement placement)"; authtoken $P placement; set_ $P api auth_strategy keystone; set_ $P DEFAULT log_file ''
configure
placement-manage db sync >"$LOG/placement-sync.log" 2>&1
api placement 8778 /usr/bin/placement-api 1 3

say "neutron"
N=/etc/neutron/neutron.conf; M=/etc/neutron/plugins/ml2/ml2_conf.ini; L=/etc/neutron/plugins/ml2/linuxbridge_agent.ini
for kv in core_plugin=ml2 service_plugins=router,trunk,qos,segments,port_forwarding transport_url=$MQ auth_strategy=keystone bind_host=127.0.0.1 api_workers=2 rpc_workers=1 log_file= log_dir= use_stderr=true dns_domain=lab.local. notify_nova_on_port_status_changes=true notify_nova_on_port_data_changes=true dhcp_agents_per_network=1 lock_path=/var/lib/neutron/tmp; do set_ $N DEFAULT "${kv%%=*}" "${kv#*=}"; done
set_ $N oslo_concurrency lock_path /var/lib/neutron/tmp; set_ $N database connection "$(db neutron neutron)"; authtoken $N neutron; set_ $N experimental linuxbridge true
for q in port floatingip network subnet router security_group security_group_rule trunk; do set_ $N quotas quota_$q 10000; done
for kv in auth_url=http://127.0.0.1:5000 auth_type=password project_domain_name=Default user_domain_name=Default region_name=RegionOne project_name=service username=nova password=$PW; do set_ $N nova "${kv%%=*}" "${kv#*=}"; done
for kv in type_drivers=flat,vlan,vxlan,local tenant_network_types=vxlan mechanism_drivers=lab_bind,linuxbridge extension_drivers=port_security,qos,dns; do set_ $M ml2 "${kv%%=*}" "${kv#*=}"; done
set_ $M ml2_type_flat flat_networks physnet1; set_ $M ml2_type_vlan network_vlan_ranges physnet1:100:999; set_ $M ml2_type_vxlan vni_ranges 1:100000
ip link show labext0 >/dev/null 2>&1 || { ip link add labext0 type veth peer name labext1; ip link set labext0 up; ip link set labext1 up; }
ip addr replace 198.51.100.1/24 dev labext0
set_ $L linux_bridge physical_interface_mappings physnet1:labext1; set_ $L vxlan enable_vxlan true; set_ $L vxlan local_ip 198.51.100.1; set_ $L vxlan l2_population false
set_ $L securitygroup enable_security_group true; set_ $L securitygroup firewall_driver iptables
mkdir -p /var/lib/neutron/tmp
D=/usr/lib/python3/dist-packages/neutron_lab-1.0.dist-info; mkdir -p $D
printf 'Metadata-Version: 2.1\nName: neutron-lab\nVersion: 1.0\n' >$D/METADATA
printf '[neutron.ml2.mechanism_drivers]\nlab_bind = neutron_lab_mech:LabMechanismDriver\n' >$D/entry_points.txt
cat >/usr/lib/python3/dist-packages/neutron_lab_mech.py <<'PY'
"""An ML2 mechanism driver that binds every port on the lab's fake hypervisors (hosts named compute-*)."""
from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins.ml2 import api


class LabMechanismDriver(api.MechanismDriver):
    def initialize(self):
        self.vif_details = {portbindings.CAP_PORT_FILTER: True}

    @property
    def connectivity(self):
        return portbindings.CONNECTIVITY_L2

    def bind_port(self, context):
        if not context.host.startswith("compute-"):
            return
        for segment in context.segments_to_bind:
            context.set_binding(segment[api.ID], portbindings.VIF_TYPE_BRIDGE, self.vif_details, constants.PORT_STATUS_ACTIVE)
            return
PY
rm -rf "$HOME/.cache/python-entrypoints" /var/lib/neutron/.cache/python-entrypoints
configure
crudini --del $N DEFAULT log_file; crudini --del $N DEFAULT log_dir
neutron-db-manage --config-file $N --config-file $M upgrade head >"$LOG/neutron-sync.log" 2>&1
start neutron-server neutron-server --config-file $N --config-file $M
start neutron-linuxbridge neutron-linuxbridge-agent --config-file $N --config-file $M --config-file $L

say "nova"
V=/etc/nova/nova.conf
for kv in transport_url=$MQ my_ip=127.0.0.1 osapi_compute_listen=127.0.0.1 metadata_listen=127.0.0.1 use_stderr=true compute_driver=fake.FakeDriverWithoutFakeNodes state_path=/var/lib/nova; do set_ $V DEFAULT "${kv%%=*}" "${kv#*=}"; done
set_ $V DEFAULT compute_driver fake.FakeDriver; set_ $V DEFAULT initial_cpu_allocation_ratio 64; set_ $V DEFAULT initial_ram_allocation_ratio 64; set_ $V DEFAULT initial_disk_allocation_ratio 64
set_ $V api_database connection "$(db nova nova_api)"; set_ $V database connection "$(db nova nova)"; set_ $V api auth_strategy keystone; authtoken $V nova
set_ $V oslo_concurrency lock_path /var/lib/nova/tmp; mkdir -p /var/lib/nova/tmp
set_ $V quota cores 100000; set_ $V quota ram 100000000; set_ $V quota instances 10000; set_ $V quota server_groups 1000; set_ $V quota server_group_members 1000; set_ $V quota key_pairs 1000
set_ $V filter_scheduler enabled_filters "AvailabilityZoneFilter,ComputeFilter,ComputeCapabilitiesFilter,ImagePropertiesFilter,ServerGroupAntiAffinityFilter,ServerGroupAffinityFilter,AggregateInstanceExtraSpecsFilter"
set_ $V glance api_servers http://127.0.0.1:9292
for s in placement neutron cinder service_user; do for kv in auth_url=http://127.0.0.1:5000 auth_type=password project_domain_name=Default user_domain_name=Default region_name=RegionOne project_name=service password=$PW; do set_ $V $s "${kv%%=*}" "${kv#*=}"; done; done
set_ $V placement username placement; set_ $V neutron username neutron; set_ $V cinder username cinder; set_ $V cinder os_region_name RegionOne; set_ $V service_user username nova; set_ $V service_user send_service_user_token true
set_ $V neutron service_metadata_proxy true; set_ $V neutron metadata_proxy_shared_secret $PW
set_ $V vnc enabled false; set_ $V workarounds skip_cpu_compare_on_dest true
configure
crudini --del $V DEFAULT log_file; crudini --del $V DEFAULT log_dir
nova-manage api_db sync >"$LOG/nova-sync.log" 2>&1
nova-manage cell_v2 map_cell0 --database_connection "$(db nova nova_cell0)" >>"$LOG/nova-sync.log" 2>&1 || true
nova-manage cell_v2 create_cell --name=cell1 >>"$LOG/nova-sync.log" 2>&1 || true
nova-manage db sync >>"$LOG/nova-sync.log" 2>&1
api nova-api 8774 /usr/bin/nova-api-wsgi 1 5
start nova-conductor nova-conductor; start nova-scheduler nova-scheduler
for i in $(seq "$FAKE_COMPUTES"); do
  printf '[DEFAULT]\nhost=compute-%d\nstate_path=/var/lib/nova/c%d\n' "$i" "$i" >"/etc/nova/lab-compute-$i.conf"; mkdir -p "/var/lib/nova/c$i"
  start "nova-compute-$i" nova-compute --config-file $V --config-file "/etc/nova/lab-compute-$i.conf"
done

say "cinder"
cat >/usr/lib/python3/dist-packages/cinder_lab_driver.py <<'PY'
"""A Cinder backend whose volumes are rows in the database only: every data-path call succeeds."""
from cinder.volume import driver


class LabVolumeDriver(driver.VolumeDriver):
    VERSION = "1.0"

    def check_for_setup_error(self):
        pass

    def get_volume_stats(self, refresh=False):
        return dict(volume_backend_name=self.configuration.safe_get("volume_backend_name") or "fake", vendor_name="lab",
                    driver_version=self.VERSION, storage_protocol="lab", total_capacity_gb=1000000,
                    free_capacity_gb=1000000, reserved_percentage=0, QoS_support=True, multiattach=True)

    def create_volume(self, volume): return {}
    def delete_volume(self, volume): pass
    def create_snapshot(self, snapshot): return {}
    def delete_snapshot(self, snapshot): pass
    def create_volume_from_snapshot(self, volume, snapshot): return {}
    def create_cloned_volume(self, volume, src_vref): return {}
    def extend_volume(self, volume, new_size): pass
    def clone_image(self, context, volume, image_location, image_meta, image_service): return {}, True
    def copy_image_to_volume(self, context, volume, image_service, image_id, disable_sparse=False): pass
    def ensure_export(self, context, volume): pass
    def create_export(self, context, volume, connector): return {}
    def remove_export(self, context, volume): pass
    def initialize_connection(self, volume, connector): return {"driver_volume_type": "fake", "data": {"volume_id": volume["id"]}}
    def terminate_connection(self, volume, connector, **kwargs): pass
PY
C=/etc/cinder/cinder.conf
for kv in transport_url=$MQ auth_strategy=keystone my_ip=127.0.0.1 osapi_volume_listen=127.0.0.1 enabled_backends=fake glance_api_servers=http://127.0.0.1:9292 default_volume_type=standard use_stderr=true state_path=/var/lib/cinder quota_volumes=100000 quota_gigabytes=10000000 quota_snapshots=10000 allow_availability_zone_fallback=true backend_stats_polling_interval=10; do set_ $C DEFAULT "${kv%%=*}" "${kv#*=}"; done
set_ $C database connection "$(db cinder cinder)"; authtoken $C cinder; set_ $C oslo_concurrency lock_path /var/lib/cinder/tmp; mkdir -p /var/lib/cinder/tmp
set_ $C fake volume_driver cinder_lab_driver.LabVolumeDriver; set_ $C fake volume_backend_name fake; set_ $C fake backend_availability_zone nova
for kv in auth_url=http://127.0.0.1:5000 auth_type=password project_domain_name=Default user_domain_name=Default region_name=RegionOne project_name=service username=nova password=$PW; do set_ $C nova "${kv%%=*}" "${kv#*=}"; done
configure
crudini --del $C DEFAULT log_file; crudini --del $C DEFAULT log_dir
cinder-manage db sync >"$LOG/cinder-sync.log" 2>&1
api cinder-api 8776 /usr/bin/cinder-wsgi 1 3
start cinder-scheduler cinder-scheduler; start cinder-volume cinder-volume

say "barbican"
B=/etc/barbican/barbican.conf
set_ $B DEFAULT sql_connection "$(db barbican barbican)"; set_ $B DEFAULT transport_url "$MQ"; set_ $B DEFAULT db_auto_create true; set_ $B DEFAULT host_href http://127.0.0.1:9311; authtoken $B barbican
configure
barbican-manage db upgrade >"$LOG/barbican-sync.log" 2>&1
api barbican 9311 /usr/bin/barbican-wsgi-api 1 2

say "ironic"
I=/etc/ironic/ironic.conf
for kv in transport_url=$MQ auth_strategy=keystone my_ip=127.0.0.1 enabled_hardware_types=fake-hardware enabled_boot_interfaces=fake enabled_deploy_interfaces=fake enabled_management_interfaces=fake enabled_power_interfaces=fake enabled_network_interfaces=noop enabled_inspect_interfaces=fake,no-inspect enabled_raid_interfaces=fake,no-raid enabled_bios_interfaces=fake,no-bios enabled_vendor_interfaces=fake,no-vendor enabled_console_interfaces=fake,no-console default_network_interface=noop rpc_transport=oslo; do set_ $I DEFAULT "${kv%%=*}" "${kv#*=}"; done
set_ $I database connection "$(db ironic ironic)"; authtoken $I ironic; set_ $I api host_ip 127.0.0.1; set_ $I conductor automated_clean false
configure
ironic-dbsync --config-file $I upgrade >"$LOG/ironic-sync.log" 2>&1 || ironic-dbsync --config-file $I create_schema >>"$LOG/ironic-sync.log" 2>&1
api ironic-api 6385 /usr/bin/ironic-api-wsgi 1 3
start ironic-conductor ironic-conductor

say "waiting for APIs"
for u in 9292 8778 8774 9696 8776 6385 9311; do waitfor http://127.0.0.1:$u/; done
for _ in $(seq 60); do
  nova-manage cell_v2 discover_hosts >/dev/null 2>&1 || true
  n=$(openstack hypervisor list -f value -c ID 2>/dev/null | wc -l); [ "$n" -ge "$FAKE_COMPUTES" ] && break; sleep 2
done
[ "$n" -ge "$FAKE_COMPUTES" ] || die "only $n of $FAKE_COMPUTES hypervisors registered; see $LOG/nova-compute-*.log"
say "octavia"
O=/etc/octavia/octavia.conf
set_ $O DEFAULT transport_url "$MQ"; set_ $O database connection "$(db octavia octavia)"; authtoken $O octavia
set_ $O api_settings bind_host 127.0.0.1; set_ $O api_settings enabled_provider_drivers "amphora:The Octavia Amphora driver.,octavia:Deprecated alias."; set_ $O api_settings default_provider_driver amphora; set_ $O api_settings allow_tls_terminated_listeners true
set_ $O controller_worker compute_driver compute_nova_driver; set_ $O controller_worker amphora_driver amphora_noop_driver; set_ $O controller_worker network_driver allowed_address_pairs_driver; set_ $O controller_worker image_driver image_glance_driver; set_ $O controller_worker volume_driver volume_noop_driver; set_ $O controller_worker distributor_driver distributor_noop_driver
[ -f /etc/octavia/lab-ca.key ] || openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=lab-ca -keyout /etc/octavia/lab-ca.key -out /etc/octavia/lab-ca.crt 2>/dev/null
set_ $O certificates ca_certificate /etc/octavia/lab-ca.crt; set_ $O certificates ca_private_key /etc/octavia/lab-ca.key
mkdir -p /etc/octavia/certs; cp /etc/octavia/lab-ca.crt /etc/octavia/certs/ca_01.pem; cat /etc/octavia/lab-ca.crt /etc/octavia/lab-ca.key >/etc/octavia/certs/client.pem
set_ $O certificates cert_manager local_cert_manager; set_ $O health_manager heartbeat_key lab; set_ $O health_manager bind_ip 127.0.0.1; set_ $O health_manager controller_ip_port_list 127.0.0.1:5555; set_ $O oslo_messaging topic octavia_prov
for kv in auth_url=http://127.0.0.1:5000 auth_type=password region_name=RegionOne project_domain_name=Default user_domain_name=Default project_name=service username=octavia password=$PW; do set_ $O service_auth "${kv%%=*}" "${kv#*=}"; done
/usr/bin/python3 - >"$RUN/octavia.ids" <<P
# the management network, image and flavour of the amphorae: Nova boots them on the fake hypervisors,
# the amphora agent itself is Octavia's no-op driver
import openstack
c=openstack.connect(auth_url='http://127.0.0.1:5000/v3',username='admin',password='$PW',project_name='admin',user_domain_name='Default',project_domain_name='Default',region_name='RegionOne')
svc=c.identity.find_project('service').id
def one(find,create): return find() or create()
net=one(lambda:c.network.find_network('lb-mgmt'),lambda:c.network.create_network(name='lb-mgmt',project_id=svc))
one(lambda:c.network.find_subnet('lb-mgmt'),lambda:c.network.create_subnet(name='lb-mgmt',network_id=net.id,cidr='172.31.0.0/16',ip_version=4,project_id=svc))
sg=one(lambda:c.network.find_security_group('lb-mgmt'),lambda:c.network.create_security_group(name='lb-mgmt',project_id=svc))
fl=one(lambda:c.compute.find_flavor('amphora'),lambda:c.compute.create_flavor(name='amphora',vcpus=1,ram=64,disk=1,is_public=True))
img=c.image.find_image('amphora')
if not img:
    open('/tmp/amphora.raw','wb').write(b'\0'*1048576)
    img=c.create_image('amphora',filename='/tmp/amphora.raw',disk_format='raw',container_format='bare',tags=['amphora'],wait=True,visibility='public')
print(net.id,sg.id,fl.id)
P
read -r LBNET LBSG LBFL <"$RUN/octavia.ids"
set_ $O controller_worker amp_boot_network_list "$LBNET"; set_ $O controller_worker amp_secgroup_list "$LBSG"; set_ $O controller_worker amp_flavor_id "$LBFL"; set_ $O controller_worker amp_image_tag amphora; set_ $O controller_worker client_ca /etc/octavia/certs/ca_01.pem; set_ $O controller_worker amp_active_wait_sec 1; set_ $O controller_worker amp_active_retries 180; set_ $O controller_worker workers 1
configure
crudini --del $O certificates ca_private_key_passphrase
octavia-db-manage upgrade head >"$LOG/octavia-sync.log" 2>&1
api octavia-api 9876 /usr/bin/octavia-wsgi 1 3
start octavia-worker octavia-worker; start octavia-housekeeping octavia-housekeeping; start octavia-health-manager octavia-health-manager

waitfor http://127.0.0.1:9876/
# The scheduler places volumes once it has heard of a backend; what cinder-volume said before the scheduler listened is lost.
for _ in $(seq 30); do
  pools=$(/usr/bin/python3 -c 'import openstack; print(*(pool.name for pool in openstack.connect().block_storage.backend_pools()))' 2>/dev/null) && [ -n "$pools" ] && break
  sleep 2
done
[ -n "${pools:-}" ] || die "Cinder's scheduler knows no backend; see $LOG/cinder-volume.log"
openstack volume type show standard >/dev/null 2>&1 || openstack volume type create standard >/dev/null
touch "$RUN/ready"
say "openstack: ready after $SECONDS s"
echo "OPENRC=$RUN/openrc"
