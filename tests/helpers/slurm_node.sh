#!/usr/bin/env bash
# A Slurm of one node for the tests, on this machine alone: start, stop, status. No systemd, no accounting.
#   bash tests/helpers/slurm_node.sh start     configure (in a folder of its own) and start munge, slurmctld and slurmd
#   bash tests/helpers/slurm_node.sh stop      end what start began, and put back what it moved away
#   bash tests/helpers/slurm_node.sh status    0 when the node answers
set -euo pipefail
home=/run/fire-response-sim-slurm       # everything of this node, except munge's own folders
conf=/etc/slurm/slurm.conf              # where Slurm's commands look
host=$(hostname -s)

say() { echo "slurm_node: $*" >&2; }
alive() { [ -s "$home/$1.pid" ] && kill -0 "$(cat "$home/$1.pid")" 2>/dev/null; }
answers() { timeout 10 sinfo --noheader --format=%T 2>/dev/null | grep -Eq '^(idle|mixed|allocated)'; }

start() {
  if [ "$(id -u)" != 0 ]; then say "starting a Slurm node needs root: run it as root, or leave it: the tests then skip what needs one"; exit 1; fi
  for tool in slurmctld slurmd munged sbatch; do
    command -v "$tool" >/dev/null || { say "$tool is missing: apt-get install slurm-wlm munge"; exit 1; }
  done
  if timeout 10 sinfo >/dev/null 2>&1; then say "a Slurm answers here already and is left as it is"; exit 0; fi
  if [ -e "$conf" ] && ! grep -q 'of fire-response-sim' "$conf"; then
    say "$conf belongs to another Slurm, which does not answer: start that one, or move the file away"; exit 1
  fi
  mkdir -p "$home/state" "$home/spool" /etc/slurm
  # munge signs what Slurm's parts say to each other; it insists on its own user and on private folders.
  install -d -o munge -g munge -m 700 /etc/munge /var/lib/munge /var/log/munge
  install -d -o munge -g munge -m 755 /run/munge
  if [ ! -s /etc/munge/munge.key ]; then
    (umask 077; head -c 1024 /dev/urandom >/etc/munge/munge.key)
    chown munge:munge /etc/munge/munge.key
  fi
  if ! munge --no-input >/dev/null 2>&1; then
    setpriv --reuid=munge --regid=munge --init-groups munged --pid-file=/run/munge/node.pid
    echo yes >"$home/munge"
  fi
  memory=$(awk '/MemTotal/ {print int($2 / 1024 * 0.9)}' /proc/meminfo)
  cat >"$conf" <<CONF
# Written by tests/helpers/slurm_node.sh of fire-response-sim: one node, this machine, for tests.
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
StateSaveLocation=$home/state
SlurmdSpoolDir=$home/spool
SlurmctldPidFile=$home/slurmctld.pid
SlurmdPidFile=$home/slurmd.pid
SlurmctldLogFile=$home/slurmctld.log
SlurmdLogFile=$home/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=512
KillWait=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory State=UNKNOWN
PartitionName=test Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
  [ -e /etc/slurm/cgroup.conf ] || { echo "CgroupPlugin=cgroup/v1 # of fire-response-sim" >/etc/slurm/cgroup.conf; }
  alive slurmctld || slurmctld
  alive slurmd || slurmd
  for _ in $(seq 120); do
    if answers; then say "the node $host answers"; return; fi
    sleep 0.5
  done
  say "the node did not answer within a minute; see $home/slurmctld.log and $home/slurmd.log"
  stop
  exit 1
}

stop() {
  if [ "$(id -u)" != 0 ]; then say "stopping the node needs root"; exit 1; fi
  [ -d "$home" ] || { say "no node was started from here"; return; }
  for daemon in slurmd slurmctld; do
    alive "$daemon" && kill "$(cat "$home/$daemon.pid")" || true
  done
  for _ in $(seq 40); do alive slurmd || alive slurmctld || break; sleep 0.25; done
  if [ -e "$home/munge" ] && [ -s /run/munge/node.pid ]; then kill "$(cat /run/munge/node.pid)" 2>/dev/null || true; fi
  for file in "$conf" /etc/slurm/cgroup.conf; do
    if grep -qs 'of fire-response-sim' "$file"; then rm -f "$file"; fi
  done
  rm -rf "$home"
}

case "${1:-}" in
  start) start ;;
  stop) stop ;;
  status) answers ;;
  *) say "use: bash tests/helpers/slurm_node.sh start|stop|status"; exit 2 ;;
esac
