{{/* Names, labels and images: what every template shares. */}}

{{/* The chart's name, or its override: part of names and the value of `app.kubernetes.io/name`. */}}
{{- define "medreward.name" -}}
{{- default .Chart.Name .Values.nameOverride -}}
{{- end -}}

{{/* Name of the RayService, and the beginning of every other name. Refused rather than cut when KubeRay would refuse it:
     two long releases that are cut to one name would take each other's objects. */}}
{{- define "medreward.fullname" -}}
{{- $name := include "medreward.name" . -}}
{{- $full := .Values.fullnameOverride | default (ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name)) -}}
{{- if gt (len $full) 47 -}}
{{- fail (printf "the name %q has %d characters, and KubeRay takes 47 at most for a RayService: shorten the release's name, or set fullnameOverride" $full (len $full)) -}}
{{- end -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $full) -}}
{{- fail (printf "the name %q is no DNS-1035 label (small letters, digits and -, a letter first, no - last): change the release's name, or set fullnameOverride" $full) -}}
{{- end -}}
{{- $full -}}
{{- end -}}

{{/* What selects this release's pods; a group is selected by `medreward.io/group` beside it. */}}
{{- define "medreward.selectorLabels" -}}
app.kubernetes.io/name: {{ include "medreward.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Labels of every object. */}}
{{- define "medreward.labels" -}}
{{ include "medreward.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: medreward
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Service account of the pods that the chart itself describes. */}}
{{- define "medreward.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "medreward.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Secret whose entries are API keys. */}}
{{- define "medreward.authSecretName" -}}
{{- default (printf "%s-keys" (include "medreward.fullname" .)) .Values.auth.existingSecret -}}
{{- end -}}

{{/* Claim that holds the judge's weights. */}}
{{- define "medreward.modelCacheClaim" -}}
{{- default (printf "%s-models" (include "medreward.fullname" .)) .Values.modelCache.existingClaim -}}
{{- end -}}

{{/* host:port of the Redis of Ray's control store: your own, else the bundled one. */}}
{{- define "medreward.redisAddress" -}}
{{- default (printf "%s-redis:6379" (include "medreward.fullname" .)) .Values.ray.gcsFaultTolerance.address -}}
{{- end -}}

{{/* Reference of an image, from (dict "image" .Values.images.rewards "root" $); a digest rules over a tag, and an empty tag
     is the chart's appVersion. */}}
{{- define "medreward.image" -}}
{{- if .image.digest -}}
{{- printf "%s@%s" .image.repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" .image.repository (default .root.Chart.AppVersion .image.tag) -}}
{{- end -}}
{{- end -}}
