{{/* What neither the JSON schema nor KubeRay's CRD can say. A problem is a line that names the value; all are told at once. */}}

{{- define "medreward.checks" -}}
{{- $facts := include "medreward.facts" . | fromJson -}}
{{- $context := dict "root" . "facts" $facts "settings" $facts.settings -}}
{{- $all := list -}}
{{- range list "groups" "judge" "serving" "storage" -}}
{{- $all = concat $all (include (printf "medreward.checks.%s" .) $context | trim | splitList "\n") -}}
{{- end -}}
{{- $problems := list -}}
{{- range $all }}{{ with trim . }}{{ $problems = append $problems . }}{{ end }}{{ end -}}
{{- if $problems }}{{ fail (printf "\n- %s" (uniq $problems | join "\n- ")) }}{{ end -}}
{{- end -}}

{{/* How many pods a group can have: the autoscaler's most, or a fixed number. */}}
{{- define "medreward.mostPods" -}}
{{- $pod := get .root.Values.ray .group -}}
{{- ternary $pod.maxReplicas $pod.replicas .root.Values.ray.autoscaler.enabled | int -}}
{{- end -}}

{{/* How many replicas a deployment can have. */}}
{{- define "medreward.mostReplicas" -}}
{{- ternary .replicas (dig "max_replicas" .replicas (.autoscaling | default dict)) (empty .autoscaling) | int -}}
{{- end -}}

{{- define "medreward.checks.groups" -}}
{{- $ray := .root.Values.ray -}}
{{- range $group := prepend .facts.groups "head" }}
{{- $pod := get $ray $group }}
{{- if ne $group "head" }}
{{- if or (gt (int $pod.minReplicas) (int $pod.replicas)) (gt (int $pod.replicas) (int $pod.maxReplicas)) }}
ray.{{ $group }}: minReplicas ({{ $pod.minReplicas }}), replicas ({{ $pod.replicas }}) and maxReplicas ({{ $pod.maxReplicas }}) must not fall
{{- end }}
{{- end }}
{{- range $name := list "num-cpus" "num-gpus" "memory" "resources" "labels" }}
{{- if hasKey $pod.rayStartParams $name }}
ray.{{ $group }}.rayStartParams.{{ $name }}: the chart decides it; cores, memory and GPUs follow from ray.{{ $group }}.resources and gpus
{{- end }}
{{- end }}
{{- range $name, $_ := merge (deepCopy $pod.labels) $.root.Values.commonLabels }}
{{- if regexMatch "^(ray\\.io|app\\.kubernetes\\.io|medreward\\.io)/" $name }}
{{ ternary (printf "ray.%s.labels" $group) "commonLabels" (hasKey $pod.labels $name) }}: {{ $name }}: KubeRay and the chart select pods by such labels
{{- end }}
{{- end }}
{{- range $name := list "redis-password" "redis-username" }}
{{- if hasKey $pod.rayStartParams $name }}
ray.{{ $group }}.rayStartParams.{{ $name }}: use ray.gcsFaultTolerance
{{- end }}
{{- end }}
{{- if eq (include "medreward.cores" $pod.resources | int) 0 }}
ray.{{ $group }}.resources: Ray counts cores by limits.cpu or requests.cpu, and there is neither
{{- end }}
{{- $memory := dig "limits" "memory" "" $pod.resources }}
{{- if not $memory }}
ray.{{ $group }}.resources.limits.memory: required; /dev/shm is counted against it
{{- else if ge (include "medreward.bytes" $pod.sharedMemory | int64) (include "medreward.bytes" $memory | int64) }}
ray.{{ $group }}.sharedMemory: {{ $pod.sharedMemory }} is not below resources.limits.memory, {{ $memory }}, which it counts against
{{- end }}
{{- if lt (include "medreward.bytes" $pod.sharedMemory | int64) 167772160 }}
ray.{{ $group }}.sharedMemory: {{ $pod.sharedMemory }} is too small; Ray's object store takes half, and 75 Mi at least: give 160Mi
{{- end }}
{{- range $variable := $pod.env }}
{{- if has $variable.name (list "RAY_REDIS_ADDRESS" "REDIS_PASSWORD" "REDIS_USERNAME") }}
ray.{{ $group }}.env: {{ $variable.name }}: use ray.gcsFaultTolerance
{{- else if or (eq $variable.name "RAY_enable_autoscaler_v2") (eq $variable.name "HF_TOKEN") (hasPrefix "MEDREWARD_AUTH" $variable.name) }}
ray.{{ $group }}.env: {{ $variable.name }}: the chart decides it by ray.autoscaler, huggingFace or auth
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "medreward.checks.judge" -}}
{{- $values := .root.Values -}}
{{- $vllm := .settings.judge.vllm -}}
{{- if .facts.vllm }}
{{- $pod := $values.ray.judge }}
{{- $tp := int $vllm.tensor_parallel_size }}
{{- $gpus := int $pod.gpus }}
{{- $most := include "medreward.mostReplicas" $vllm | int }}
{{- $pods := include "medreward.mostPods" (dict "root" .root "group" "judge") | int }}
{{- if not (or (hasPrefix "/" $vllm.model) (regexMatch "^[0-9a-f]{40}$" $vllm.revision)) }}
config.judge.vllm.revision: required, 40 hexadecimal digits: the commit of {{ $vllm.model }} that you reviewed (not needed when model is a directory, /...)
{{- end }}
{{- if eq $vllm.device "gpu" }}
{{- if lt $gpus 1 }}
ray.judge.gpus: {{ $gpus }}, but config.judge.vllm wants {{ $tp }} a replica
{{- else if and (eq $vllm.placement_strategy "STRICT_PACK") (gt $tp $gpus) }}
config.judge.vllm.tensor_parallel_size: {{ $tp }}, but a pod has {{ $gpus }} (ray.judge.gpus), and STRICT_PACK keeps a replica in one pod
{{- else if and (le $tp $gpus) (ne (mod $gpus $tp) 0) }}
ray.judge.gpus: {{ $gpus }} is no multiple of config.judge.vllm.tensor_parallel_size, {{ $tp }}: {{ mod $gpus $tp }} would never be used
{{- end }}
{{- if and (gt $gpus 0) (gt (mul $most $tp) (mul $pods $gpus)) }}
config.judge.vllm.replicas: {{ $most }} replicas of {{ $tp }} GPUs do not fit in {{ $pods }} pods of {{ $gpus }} (ray.judge)
{{- end }}
{{- else if gt $gpus 0 }}
ray.judge.gpus: {{ $gpus }}, but config.judge.vllm.device is cpu
{{- end }}
{{- $cores := include "medreward.cores" $pod.resources | int }}
{{- $wanted := add 1 (min $tp (max 1 $gpus)) | int }}
{{- if lt $cores $wanted }}
ray.judge.resources: {{ $cores }} cores; a replica wants one, and one more for each GPU: {{ $wanted }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "medreward.checks.serving" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- $given := $values.config -}}
{{- $s := .settings -}}
{{- range $path := list "http" "grpc" "auth" "audit.dir" "metrics_dir" "drain_s" "ingress.proxy" "ingress.resources" "judge.resources" "judge.vllm.resources" "scorer.resources" }}
{{- $here := $given }}
{{- $found := true }}
{{- range $key := splitList "." $path }}
{{- if and $found (kindIs "map" $here) (hasKey $here $key) }}{{ $here = get $here $key }}{{ else }}{{ $found = false }}{{ end }}
{{- end }}
{{- if $found }}
config.{{ $path }}: the cluster decides it, by serve, auth, audit and ray
{{- end }}
{{- end }}
{{- $drain := int $values.serve.gracefulShutdownSeconds }}
{{- if le (mul $drain 1000) (int64 $s.limits.max_deadline_ms) }}
serve.gracefulShutdownSeconds: {{ $drain }} s must be longer than config.limits.max_deadline_ms, {{ int64 $s.limits.max_deadline_ms }} ms: requests would be cut off
{{- end }}
{{- if le (int $values.serve.oldClusterSeconds) $drain }}
serve.oldClusterSeconds: {{ $values.serve.oldClusterSeconds }} s must be longer than serve.gracefulShutdownSeconds, {{ $drain }} s: requests in the old cluster would be cut off
{{- end }}
{{- if eq (int $values.serve.httpPort) (int $values.serve.grpcPort) }}
serve.grpcPort: {{ $values.serve.grpcPort }} is serve.httpPort too
{{- end }}
{{- range $name := list "httpPort" "grpcPort" }}
{{- if has (get $values.serve $name | int) (list 6379 8080 8265 9464 10001 52365 8404 9101) }}
serve.{{ $name }}: {{ get $values.serve $name }} is a port of Ray, HAProxy or the metrics
{{- end }}
{{- end }}
{{- range $name := list "ingress" "scorer" }}
{{- $deployment := get $s $name }}
{{- $group := ternary $.facts.scorerGroup $name (eq $name "scorer") }}
{{- if $group }}
{{- $cores := include "medreward.cores" (get $values.ray $group).resources | float64 }}
{{- $pods := include "medreward.mostPods" (dict "root" $root "group" $group) | int }}
{{- $most := include "medreward.mostReplicas" $deployment | int }}
{{- if gt (int $deployment.replicas) $most }}
config.{{ $name }}.autoscaling.max_replicas: {{ $most }} is below config.{{ $name }}.replicas, {{ $deployment.replicas }}
{{- end }}
{{- $fit := divf $cores $deployment.cpus | floor | int }}
{{- if eq $group "scorer" }}
{{- $gpus := float64 $values.ray.scorer.gpus }}
{{- if gt (float64 $deployment.gpus) $gpus }}
config.scorer.gpus: {{ $deployment.gpus }}, but a pod has {{ $values.ray.scorer.gpus }} (ray.scorer.gpus)
{{- else }}
{{- $fit = min $fit (divf $gpus $deployment.gpus | floor | int) | int }}
{{- end }}
{{- end }}
{{- if eq $fit 0 }}
config.{{ $name }}.cpus: {{ $deployment.cpus }}, but a pod has {{ $cores }} cores (ray.{{ $group }}.resources)
{{- else if gt $most (mul $fit $pods | int) }}
config.{{ $name }}.{{ ternary "replicas" "autoscaling.max_replicas" (empty $deployment.autoscaling) }}: {{ $most }} replicas do not fit in {{ $pods }} pods of ray.{{ $group }}, {{ $fit }} in each
{{- end }}
{{- end }}
{{- end }}
{{- $cores := include "medreward.cores" $values.ray.ingress.resources | float64 }}
{{- $pods := include "medreward.mostPods" (dict "root" $root "group" "ingress") | int }}
{{- $sum := mulf (include "medreward.mostReplicas" $s.ingress | int) $s.ingress.cpus }}
{{- if ne $s.judge.engine "none" }}{{ $sum = addf $sum $s.judge.cpus }}{{ end }}
{{- if eq .facts.scorerGroup "ingress" }}{{ $sum = addf $sum (mulf (include "medreward.mostReplicas" $s.scorer | int) $s.scorer.cpus) }}{{ end }}
{{- if gt (float64 $sum) (mulf $cores $pods) }}
ray.ingress: {{ $pods }} pods of {{ $cores }} cores, but ingress, judge process{{ if eq .facts.scorerGroup "ingress" }} and scorer{{ end }} of config want {{ $sum }} at most
{{- end }}
{{- end -}}

{{- define "medreward.checks.storage" -}}
{{- $values := .root.Values -}}
{{- with $values.ray.gcsFaultTolerance }}
{{- if and .enabled (not .address) (not $values.redis.enabled) }}
ray.gcsFaultTolerance.address: required, or redis.enabled
{{- end }}
{{- if and .enabled (not .address) .passwordSecret.name }}
ray.gcsFaultTolerance.passwordSecret: belongs to an address; the bundled Redis has a password of its own
{{- end }}
{{- end }}
{{- if .facts.vllm }}
{{- $cache := $values.modelCache }}
{{- $local := hasPrefix "/" .settings.judge.vllm.model }}
{{- if and $values.huggingFace.offline (not $cache.enabled) (not $local) }}
huggingFace.offline: the weights must then be in the cache, but modelCache.enabled is false
{{- end }}
{{- $node := hasKey $values.ray.judge.nodeSelector "kubernetes.io/hostname" }}
{{- $shared := or (has "ReadWriteMany" $cache.accessModes) (and $node (has "ReadWriteOnce" $cache.accessModes)) }}
{{- $most := include "medreward.mostPods" (dict "root" .root "group" "judge") | int }}
{{- if and $cache.enabled (not $cache.existingClaim) (not $shared) }}
{{- if gt $most 1 }}
modelCache.accessModes: {{ join ", " $cache.accessModes }} serves one node, but ray.judge may have {{ $most }} pods, and no one node is named in its nodeSelector (kubernetes.io/hostname)
{{- else if eq $values.serve.upgradeStrategy "NewCluster" }}
modelCache.accessModes: {{ join ", " $cache.accessModes }} serves one node, but with serve.upgradeStrategy NewCluster two clusters run for a while, and no one node is named in ray.judge.nodeSelector (kubernetes.io/hostname)
{{- end }}
{{- end }}
{{- end }}
{{- if $values.audit.enabled }}
{{- $keep := mulf (.settings.audit.keep_mib | default 0) 2097152 }}
{{- $size := include "medreward.bytes" $values.audit.size | float64 }}
{{- if and (not $values.audit.existingClaim) (or (le $keep 0.0) (gt $keep $size)) }}
config.audit.keep_mib: required without audit.existingClaim, and at most half of audit.size, {{ $values.audit.size }}: a pod whose own volume runs over is evicted
{{- end }}
{{- else if or $values.audit.existingClaim .settings.audit.texts }}
audit.enabled: false, but there is a claim, or config.audit.texts
{{- end }}
{{- if and $values.auth.existingSecret $values.auth.keys }}
auth.keys: not beside auth.existingSecret, which rules
{{- end }}
{{- if and (not $values.auth.enabled) (or $values.auth.existingSecret $values.auth.keys) }}
auth.enabled: false, but there are keys
{{- end }}
{{- end -}}
