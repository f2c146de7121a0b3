{{/* Where the replicas of a pod share their counters: the setting metrics_dir, and a place on the volume that their
     container has as /tmp. */}}
{{- define "medreward.metricsDir" -}}
/tmp/medreward-metrics
{{- end -}}

{{/* Port `app-metrics` of the ingress pods. */}}
{{- define "medreward.metricsPort" -}}
9464
{{- end -}}

{{/* An initContainer of the ingress pods that runs beside the others (restartPolicy Always) and serves the counters of its
     own pod, from (dict "root" $ "tmp" NAME), NAME being the volume that the Ray container has as /tmp. The HTTP port
     cannot serve them: HAProxy passes a scrape to a replica of any node, so that one target would show first one
     pod's counters and then another's. */}}
{{- define "medreward.metricsContainer" -}}
name: metrics
image: {{ include "medreward.image" (dict "image" .root.Values.images.rewards "root" .root) }}
imagePullPolicy: {{ .root.Values.images.rewards.pullPolicy }}
restartPolicy: Always
command: [python, -c]
args:
  - |
    {{- .root.Files.Get "files/node_metrics.py" | nindent 4 }}
  - {{ include "medreward.metricsDir" .root }}
  - {{ include "medreward.metricsPort" .root | quote }}
ports:
  - {name: app-metrics, containerPort: {{ include "medreward.metricsPort" .root }}}
resources: {requests: {cpu: 50m, memory: 64Mi}, limits: {cpu: 250m, memory: 256Mi}}
securityContext:
  {{- include "medreward.containerSecurityContext" .root | nindent 2 }}
volumeMounts:
  - {name: {{ .tmp }}, mountPath: /tmp}
{{- end -}}
