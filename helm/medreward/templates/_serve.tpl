{{/* What the values come to: settings with their defaults, the groups there are, and the application's config. */}}

{{/* JSON of {settings, vllm, scorerGroup, groups}. `files/settings.json` holds the defaults of medreward.config.Settings. */}}
{{- define "medreward.facts" -}}
{{- $settings := mergeOverwrite (.Files.Get "files/settings.json" | fromJson) (deepCopy .Values.config) -}}
{{- $vllm := eq $settings.judge.engine "vllm" -}}
{{- $scorer := "" -}}
{{- $groups := list "ingress" -}}
{{- if $vllm }}{{ $groups = append $groups "judge" }}{{ end -}}
{{- if ne $settings.scorer.checkpoint "none" -}}
{{- $scorer = ternary "scorer" "ingress" (gt (float64 $settings.scorer.gpus) 0.0) -}}
{{- if eq $scorer "scorer" }}{{ $groups = append $groups "scorer" }}{{ end -}}
{{- end -}}
{{- dict "settings" $settings "vllm" $vllm "scorerGroup" $scorer "groups" $groups | toJson -}}
{{- end -}}

{{/* Settings of the application: `config`, and what the cluster decides. A pod of group G offers the resource medreward_G, and
     what belongs there takes a little of it. */}}
{{- define "medreward.settings" -}}
{{- $facts := include "medreward.facts" . | fromJson -}}
{{- $args := deepCopy .Values.config -}}
{{- $here := dict "medreward_ingress" 0.001 -}}
{{- $ours := dict
  "ingress" (dict "proxy" "haproxy" "resources" $here)
  "metrics_dir" (include "medreward.metricsDir" .)
  "drain_s" .Values.serve.gracefulShutdownSeconds
  "auth" (ternary (dict "keys_dir" "/etc/medreward/keys") (dict "allow_anonymous" true) .Values.auth.enabled)
-}}
{{- if .Values.audit.enabled }}{{ $_ := set $ours "audit" (dict "dir" "/var/lib/medreward/audit") }}{{ end -}}
{{- if ne $facts.settings.judge.engine "none" -}}
{{- $judge := dict "resources" $here -}}
{{- if $facts.vllm }}{{ $_ := set $judge "vllm" (dict "resources" (dict "medreward_judge" 0.001)) }}{{ end -}}
{{- $_ := set $ours "judge" $judge -}}
{{- end -}}
{{- with $facts.scorerGroup -}}
{{- $_ := set $ours "scorer" (dict "resources" (dict (printf "medreward_%s" .) 0.001)) -}}
{{- end -}}
{{- mergeOverwrite $args $ours | toYaml -}}
{{- end -}}

{{/* The Serve config, which KubeRay hands to Ray. */}}
{{- define "medreward.serveConfig" -}}
proxy_location: EveryNode
http_options:
  host: 0.0.0.0
  port: {{ .Values.serve.httpPort }}
grpc_options:
  port: {{ .Values.serve.grpcPort }}
  grpc_servicer_functions:
    - medreward.ingress.grpc_wire.add_reward_service
applications:
  - name: medreward
    route_prefix: /
    import_path: medreward.serve.app:build
    args:
      {{- include "medreward.settings" . | nindent 6 }}
{{- end -}}
