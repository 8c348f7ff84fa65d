# shellcheck shell=bash
# Starts, watches and stops the services of a data folder. Each leaves FOLDER/NAME.pid and FOLDER/NAME.log.

# is_running FOLDER NAME: whether the process that the pid file names is still this program.
is_running() {
  local pid
  pid=$(cat "$1/$2.pid" 2>/dev/null) && [[ $(head -zn 1 "/proc/$pid/cmdline" 2>/dev/null | tr -d '\0') == */"$2" ]]
}

# running FOLDER: the names of the services that run.
running() {
  local file name
  for file in "$1"/*.pid; do
    name=$(basename "$file" .pid)
    ! is_running "$1" "$name" || echo "$name"
  done
}

# refuse_taken_port PORT
refuse_taken_port() {
  if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
    echo "Port $1 is taken by another program. Choose others with --port-offset=N." >&2
    return 1
  fi
}

# start FOLDER BINARY FLAGS...: in a session of its own, so that Ctrl-C reaches it through us only.
start() {
  local folder=$1 binary=$2 name
  name=$(basename "$binary")
  shift 2
  setsid "$binary" "$@" </dev/null >>"$folder/$name.log" 2>&1 &
  echo $! >"$folder/$name.pid"
  # A moment passes until the program takes the place of the shell; before that is_running does not know it.
  until is_running "$folder" "$name" || ! kill -0 $! 2>/dev/null; do sleep 0.01; done
}

# wait_until_ready FOLDER NAME URL: up to a minute.
wait_until_ready() {
  local folder=$1 name=$2 url=$3 end=$((SECONDS + 60))
  until curl -fsS -o /dev/null "$url" 2>/dev/null; do
    if ! is_running "$folder" "$name" || ((SECONDS > end)); then
      echo "$name did not become ready ($url). The end of $folder/$name.log:" >&2
      tail -n 10 "$folder/$name.log" >&2
      return 1
    fi
    sleep 0.1
  done
}

# stop FOLDER: lets every service finish what it accepted. Waits up to a minute.
stop() {
  local folder=$1 name names end=$((SECONDS + 60))
  names=$(running "$folder")
  for name in $names; do kill -TERM "$(cat "$folder/$name.pid")" 2>/dev/null || true; done
  for name in $names; do
    while is_running "$folder" "$name"; do
      if ((SECONDS > end)); then
        echo "$name (process $(cat "$folder/$name.pid")) does not end; see $folder/$name.log." >&2
        return 1
      fi
      sleep 0.1
    done
  done
  rm -f "$folder"/*.pid
}
