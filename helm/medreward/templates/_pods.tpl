{{/* Pods of the Ray cluster: one template for all groups, from (dict "root" $ "group" "judge"). */}}

{{- define "medreward.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: {{ .Values.security.runAsUser }}
runAsGroup: {{ .Values.security.runAsGroup }}
fsGroup: {{ .Values.security.fsGroup }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "medreward.containerSecurityContext" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: {{ .Values.security.readOnlyRootFilesystem }}
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Bytes of a quantity of memory, e.g. 16Gi. */}}
{{- define "medreward.bytes" -}}
{{- $text := toString . -}}
{{- $unit := regexFind "[A-Za-z]*$" $text -}}
{{- $units := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- mulf (float64 (trimSuffix $unit $text)) (get $units $unit) | floor | int64 -}}
{{- end -}}

{{/* Cores of a pod as Ray counts them: its limit, else its request, rounded up. */}}
{{- define "medreward.cores" -}}
{{- $text := toString (dig "limits" "cpu" (dig "requests" "cpu" 0 .) .) -}}
{{- $cores := float64 (trimSuffix "m" $text) -}}
{{- if hasSuffix "m" $text }}{{ $cores = divf $cores 1000 }}{{ end -}}
{{- ceil $cores | int64 -}}
{{- end -}}

{{/* Parameters of `ray start`: half of /dev/shm for objects, since batches are small and vLLM wants the other half. */}}
{{- define "medreward.rayStartParams" -}}
{{- $shm := include "medreward.bytes" .sharedMemory | int64 -}}
{{- merge (deepCopy .rayStartParams) (dict "object-store-memory" (div $shm 2 | toString)) | toYaml -}}
{{- end -}}

{{/* Seconds from the asking that a worker pod end to its killing: its replicas move or finish, and Ray stops. */}}
{{- define "medreward.workerGraceSeconds" -}}
{{- add .Values.serve.gracefulShutdownSeconds 180 -}}
{{- end -}}

{{/* Before a worker pod goes, its node is drained: Ray Serve starts other replicas, and those here finish what they have.
     It ends when they are gone, or when the head is, without which nothing moves. The shell that KubeRay starts Ray by
     passes no SIGTERM on, so Ray is stopped here. */}}
{{- define "medreward.drain" -}}
serving() { grep -lazsq '^ray::ServeReplica' /proc/[0-9]*/cmdline; }
if serving; then
  timeout 60 ray drain-node --address "$RAY_ADDRESS" --reason DRAIN_NODE_REASON_PREEMPTION --reason-message 'the pod is deleted' --deadline-remaining-seconds {{ add .Values.serve.gracefulShutdownSeconds 60 }} &&
  while serving && timeout 30 ray health-check --address "$RAY_ADDRESS" >/dev/null 2>&1; do sleep 5; done
fi
timeout 30 ray stop --grace-period 10
{{- end -}}

{{/* Environment of every Ray pod. */}}
{{- define "medreward.env" -}}
{{- $root := .root -}}
- {name: RAY_SERVE_ENABLE_HA_PROXY, value: "1"}
- {name: RAY_SERVE_THROUGHPUT_OPTIMIZED, value: "1"}
- {name: RAY_SERVE_GRPC_MAX_MESSAGE_SIZE, value: "134217728"}
# a HAProxy that died is missed at the third question: after half a minute, with the 10 s of default between them
- {name: RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S, value: "2"}
# a proxy that is replaced ends its requests after two minutes otherwise
- {name: RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S, value: {{ $root.Values.serve.gracefulShutdownSeconds | quote }}}
- {name: RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S, value: "30"}
# workers run at nice 15 otherwise
- {name: RAY_worker_niceness, value: "0"}
- {name: RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO, value: "0"}
- {name: RAY_USAGE_STATS_ENABLED, value: "0"}
# caches of Python packages go under the home directory
- {name: HOME, value: /tmp}
- {name: HF_HOME, value: {{ ternary "/models" "/tmp/huggingface" (and (eq .group "judge") $root.Values.modelCache.enabled) }}}
- {name: HF_HUB_DISABLE_TELEMETRY, value: "1"}
- {name: HF_HUB_OFFLINE, value: {{ ternary "1" "0" $root.Values.huggingFace.offline | quote }}}
{{- if and $root.Values.huggingFace.tokenSecret.name (eq .group "judge") }}
- name: HF_TOKEN
  valueFrom:
    secretKeyRef: {{- $root.Values.huggingFace.tokenSecret | toYaml | nindent 6 }}
{{- end }}
{{- with (get $root.Values.ray .group).env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Resources of the Ray container: those of the values, and the GPUs. */}}
{{- define "medreward.containerResources" -}}
{{- $resources := deepCopy .resources -}}
{{- if gt (int (.gpus | default 0)) 0 -}}
{{- $gpus := dict .gpuResource (toString .gpus) -}}
{{- $resources = merge (dict "requests" $gpus "limits" (deepCopy $gpus)) $resources -}}
{{- end -}}
{{- toYaml $resources -}}
{{- end -}}

{{- define "medreward.podTemplate" -}}
{{- $root := .root -}}
{{- $group := .group -}}
{{- $pod := get $root.Values.ray $group -}}
{{- $facts := include "medreward.facts" $root | fromJson -}}
{{- $head := eq $group "head" -}}
{{- $autoscaled := $root.Values.ray.autoscaler.enabled -}}
{{- $image := $root.Values.images.rewards -}}
{{/* Ray builds the application on the head, and building one with vLLM needs vLLM */}}
{{- if and (or (eq $group "judge") (and $head $facts.vllm)) $root.Values.images.judge.repository -}}
{{- $image = $root.Values.images.judge -}}
{{- end -}}
{{- $selector := merge (dict "medreward.io/group" $group) (include "medreward.selectorLabels" $root | fromYaml) -}}
{{- $keys := and (eq $group "ingress") $root.Values.auth.enabled -}}
{{/* where the ingress replicas and the judge's own process are */}}
{{- $audit := and (eq $group "ingress") $root.Values.audit.enabled -}}
{{- $models := and (eq $group "judge") $root.Values.modelCache.enabled -}}
{{/* not the chart's version: pods that differ in it alone would be a new cluster for KubeRay */}}
{{- $labels := merge (deepCopy $selector) (deepCopy $pod.labels) (deepCopy $root.Values.commonLabels) -}}
metadata:
  labels:
    {{- toYaml $labels | nindent 4 }}
  {{- with merge (deepCopy $pod.annotations) $root.Values.commonAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- if not (and $head $autoscaled) }}
  serviceAccountName: {{ include "medreward.serviceAccountName" $root }}
  {{- end }}
  # the autoscaler beside the head asks the API server for pods; KubeRay makes its account
  automountServiceAccountToken: {{ and $head $autoscaled }}
  enableServiceLinks: false
  {{- if $autoscaled }}
  restartPolicy: Never
  {{- end }}
  terminationGracePeriodSeconds: {{ ternary "60" (include "medreward.workerGraceSeconds" $root) $head }}
  securityContext:
    {{- include "medreward.podSecurityContext" $root | nindent 4 }}
  {{- with $root.Values.images.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $pod.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $pod.runtimeClassName }}
  runtimeClassName: {{ . }}
  {{- end }}
  {{- with $pod.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $pod.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $pod.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if $pod.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml $pod.topologySpreadConstraints | nindent 4 }}
  {{- else if eq $group "ingress" }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- toYaml $selector | nindent 10 }}
  {{- end }}
  {{- if $root.Values.monitoring.podMonitor.enabled }}
  initContainers:
    - {{- include "medreward.metricsContainer" (dict "root" $root "image" $image "tmp" "tmp") | nindent 6 }}
  {{- end }}
  containers:
    - name: {{ ternary "ray-head" "ray-worker" $head }}
      image: {{ include "medreward.image" (dict "image" $image "root" $root) }}
      imagePullPolicy: {{ $image.pullPolicy }}
      securityContext:
        {{- include "medreward.containerSecurityContext" $root | nindent 8 }}
      env:
        {{- include "medreward.env" (dict "root" $root "group" $group) | nindent 8 }}
      ports:
        {{- if $head }}
        - {name: gcs-server, containerPort: 6379}
        - {name: dashboard, containerPort: 8265}
        - {name: client, containerPort: 10001}
        {{- end }}
        # KubeRay makes ports of the Service from those of the head that are named so, and probes the workers' `serve`
        - {name: serve, containerPort: {{ $root.Values.serve.httpPort }}}
        - {name: serve-grpc, containerPort: {{ $root.Values.serve.grpcPort }}}
        - {name: metrics, containerPort: {{ include "medreward.rayMetricsPort" $root }}}
      lifecycle:
        preStop:
          exec:
            {{- if $head }}
            command: [bash, -c, timeout 30 ray stop --grace-period 10]
            {{- else }}
            command:
              - bash
              - -c
              - |-
                {{- include "medreward.drain" $root | nindent 16 }}
            {{- end }}
      resources:
        {{- include "medreward.containerResources" $pod | nindent 8 }}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
        - {name: shm, mountPath: /dev/shm}
        {{- if $models }}
        - {name: models, mountPath: /models}
        {{- end }}
        {{- if $audit }}
        - {name: audit, mountPath: /var/lib/medreward/audit}
        {{- end }}
        {{- if $keys }}
        - {name: keys, mountPath: /etc/medreward/keys, readOnly: true}
        {{- end }}
        {{- with $pod.volumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: {}
    - name: shm
      emptyDir: {medium: Memory, sizeLimit: {{ $pod.sharedMemory }}}
    {{- if $models }}
    - name: models
      persistentVolumeClaim: {claimName: {{ include "medreward.modelCacheClaim" $root }}}
    {{- end }}
    {{- if $audit }}
    - name: audit
      {{- with $root.Values.audit.existingClaim }}
      persistentVolumeClaim: {claimName: {{ . }}}
      {{- else }}
      emptyDir: {sizeLimit: {{ $root.Values.audit.size }}}
      {{- end }}
    {{- end }}
    {{- if $keys }}
    - name: keys
      secret: {secretName: {{ include "medreward.authSecretName" $root }}, defaultMode: 0440}
    {{- end }}
    {{- with $pod.volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
