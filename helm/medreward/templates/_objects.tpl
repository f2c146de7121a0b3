{{/* Name, labels and annotations of an object, from (dict "root" $ "name" N "component" C "annotations" A); the last may lack. */}}
{{- define "medreward.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "medreward.labels" .root | nindent 2 }}
  app.kubernetes.io/component: {{ .component }}
{{- with mustMergeOverwrite (dict) .root.Values.commonAnnotations (.annotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* What selects the Ray pods of this release, and no other pod of it (Redis, the trainer, `helm test`). */}}
{{- define "medreward.raySelector" -}}
matchLabels:
  {{- include "medreward.selectorLabels" . | nindent 2 }}
matchExpressions:
  - {key: medreward.io/group, operator: Exists}
{{- end -}}

{{/* The port that a URL names, from (dict "url" U "default" P): what a network policy has to open. */}}
{{- define "medreward.portOf" -}}
{{- $host := (urlParse .url).host -}}
{{- if regexMatch ":[0-9]+$" $host -}}
{{- regexFind "[0-9]+$" $host -}}
{{- else -}}
{{- .default -}}
{{- end -}}
{{- end -}}
