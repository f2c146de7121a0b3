{{/* Where the replicas of a pod share their counters: the setting metrics_dir, and a place on the volume that their
     container has as /tmp. */}}
{{- define "medreward.metricsDir" -}}
/tmp/medreward-metrics
{{- end -}}

{{/* Port `app-metrics` of the Ray pods. */}}
{{- define "medreward.metricsPort" -}}
9464
{{- end -}}

{{/* Ray's own metrics, port `metrics` of the Ray pods. */}}
{{- define "medreward.rayMetricsPort" -}}
8080
{{- end -}}

{{/* An initContainer of the Ray pods that runs beside the others (restartPolicy Always) and serves all metrics of its own
     pod on one page: the counters of the replicas that it has, and Ray's. From (dict "root" $ "image" IMAGE "tmp" NAME),
     IMAGE being the Ray container's, so that no second one is pulled, and NAME the volume that it has as /tmp. The HTTP
     port cannot serve them: HAProxy passes a scrape to a replica of any node, so that one target would show first one
     pod's counters and then another's. */}}
{{- define "medreward.metricsContainer" -}}
name: metrics
image: {{ include "medreward.image" (dict "image" .image "root" .root) }}
imagePullPolicy: {{ .image.pullPolicy }}
restartPolicy: Always
command: [python, -m, medreward.observability.node]
args:
  - --directory={{ include "medreward.metricsDir" .root }}
  - --port={{ include "medreward.metricsPort" .root }}
  - --ray-port={{ include "medreward.rayMetricsPort" .root }}
ports:
  - {name: app-metrics, containerPort: {{ include "medreward.metricsPort" .root }}}
resources: {requests: {cpu: 50m, memory: 64Mi}, limits: {cpu: 250m, memory: 256Mi}}
securityContext:
  {{- include "medreward.containerSecurityContext" .root | nindent 2 }}
volumeMounts:
  - {name: {{ .tmp }}, mountPath: /tmp}
{{- end -}}
