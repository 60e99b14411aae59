#!/usr/bin/env bash
# A real Slurm of one node for a test: slurm_cluster.sh start|stop FOLDER [CPUS]
#
# `start` configures and starts munged, slurmctld and slurmd on the loopback interface, and ends when the node is idle.
# `stop` ends the daemons whose process ids lie in FOLDER, and removes the configuration that `start` wrote.
# It needs root and Debian's slurm-wlm and munge, and refuses a machine that has a Slurm configuration of its own.
# The node offers CPUS processors (more than the machine may have), its memory and one GPU that is a null device.
# Exit status 3 says in one line why no Slurm can be started here.
set -euo pipefail

action=$1 folder=$2 cpus=${3:-4}
node=$(hostname -s)
# Slurm's own place: inside of a job Snakemake drops the variable SLURM_CONF before it calls srun.
configuration=/etc/slurm/slurm.conf
ours="# One-node Slurm of GeoHalo's tests."

unable() {
  echo "no Slurm here: $*"
  exit 3
}

running() { # running FILE NAME: does the process in a pid file still bear this name?
  [[ -s $1 && $(cat "/proc/$(cat "$1")/comm" 2>/dev/null) == "$2" ]]
}

stop() { # stop FOLDER
  local folder=$1 name process
  # A job would outlive the daemons.
  if running "$folder/slurmctld.pid" slurmctld; then
    scancel --user=root || true
    for _ in {1..50}; do
      [[ -n $(squeue --noheader 2>/dev/null) ]] || break
      sleep 0.1
    done
  fi
  for name in slurmd slurmctld munged; do
    running "$folder/$name.pid" "$name" || continue
    process=$(cat "$folder/$name.pid")
    kill "$process" 2>/dev/null || true
    for _ in {1..50}; do
      [[ -d /proc/$process ]] || break
      sleep 0.1
    done
    if running "$folder/$name.pid" "$name"; then kill -KILL "$process"; fi
  done
  # A configuration without a controller would make every later call of Snakemake wait for it.
  if grep -qxF "StateSaveLocation=$folder/state" "$configuration" 2>/dev/null; then
    rm -f "$configuration" /etc/slurm/gres.conf
  fi
}

if [[ $action == stop ]]; then
  stop "$folder"
  exit 0
fi

[[ $(id -u) == 0 ]] || unable "it takes root to start its daemons"
for program in munged slurmctld slurmd sbatch; do
  command -v "$program" >/dev/null || unable "$program is not installed (Debian packages slurm-wlm and munge)"
done
if [[ -s $configuration ]] && ! grep -qxF "$ours" "$configuration"; then
  unable "$configuration belongs to another cluster"
fi
# What a test left behind that was killed itself.
left=$(sed -n 's:^StateSaveLocation=\(.*\)/state$:\1:p' "$configuration" 2>/dev/null || true)
if [[ -n $left ]]; then
  # A process that has ended but was not waited for has no command line.
  if grep -q . "/proc/$(cat "$left/owner" 2>/dev/null)/cmdline" 2>/dev/null; then
    unable "another test has one running in $left"
  fi
  stop "$left"
fi

install -d -m 755 "$folder" /etc/slurm "$folder/spool" "$folder/dev"
install -d -m 755 -o slurm -g slurm "$folder/state" "$folder/log"
install -m 644 -o slurm -g slurm /dev/null "$folder/log/completed.txt"
echo "$PPID" >"$folder/owner"
# Slurm hands out a GPU only with a device file, and names it to a job only if that is a character device.
rm -f "$folder/dev/gpu0"
mknod "$folder/dev/gpu0" c 1 3 || unable "mknod is not allowed"
printf '%s\nNodeName=%s Name=gpu File=%s/dev/gpu0\n' "$ours" "$node" "$folder" >/etc/slurm/gres.conf

memory=$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
cat >"$configuration" <<SLURM
$ours
ClusterName=test
SlurmctldHost=$node(127.0.0.1)
SlurmUser=slurm
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
# Neither systemd nor cgroups.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=sched_interval=1,bf_interval=2
# A job that can never run is refused at once.
EnforcePartLimits=ALL
# No database, so no sacct: finished jobs stand in a file, and for MinJobAge seconds in squeue.
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$folder/log/completed.txt
MinJobAge=600
KillWait=2
ReturnToService=2
SlurmdParameters=config_overrides
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
GresTypes=gpu
NodeName=$node NodeAddr=127.0.0.1 CPUs=$cpus RealMemory=$memory Gres=gpu:1 State=UNKNOWN
PartitionName=main Nodes=$node Default=YES MaxTime=INFINITE State=UP
SLURM

# A munge of its own, with a key of its own.
install -d -m 755 -o munge -g munge "$folder/munge"
dd if=/dev/urandom of="$folder/munge/key" bs=64 count=1 status=none
chown munge:munge "$folder/munge/key"
chmod 400 "$folder/munge/key"
runuser -u munge -- "$(command -v munged)" --force --key-file="$folder/munge/key" --socket="$folder/munge/socket" \
  --pid-file="$folder/munge/munged.pid" --log-file="$folder/munge/log" --seed-file="$folder/munge/seed"
cp "$folder/munge/munged.pid" "$folder/munged.pid"
slurmctld
for _ in {1..50}; do
  if scontrol ping 2>/dev/null | grep -q 'is UP'; then break; fi
  sleep 0.1
done
slurmd
for _ in {1..150}; do
  if [[ $(sinfo --noheader --format=%T 2>/dev/null) == idle ]]; then
    sinfo --noheader --format='%N: %c processors, %m MB, %G'
    exit 0
  fi
  sleep 0.2
done
tail -n 5 "$folder"/log/slurm*.log || true
stop "$folder"
unable "the node did not come up within 30 seconds"
