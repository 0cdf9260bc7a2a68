{{- define "connector.fullname" -}}
{{- $name := .Chart.Name | replace "_" "-" -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "connector.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "connector.labels" -}}
{{ include "connector.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "connector.image" -}}
{{- $repository := required "image.repository is needed: where CI has published the image" .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{- define "connector.environment" -}}
{{- $_ := required "environment.CBS_BASE_URL is needed: where the core banking system is" .Values.environment.CBS_BASE_URL -}}
{{- $_ := required "environment.SDK_BASE_URL is needed: the outbound API of the Mojaloop Connector" .Values.environment.SDK_BASE_URL -}}
{{- if and (eq .Values.journal.kind "postgres") (not .Values.secretName) (not .Values.environment.DATABASE_URL) }}
{{- fail "secretName is needed: a Secret whose DATABASE_URL names the PostgreSQL database" }}
{{- end }}
{{- range $name, $value := .Values.environment }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- if and (eq .Values.journal.kind "sqlite") (not .Values.environment.DATABASE_URL) }}
- name: DATABASE_URL
  value: sqlite:/data/journal.db
{{- end }}
{{- if .Values.secretName }}
- name: SECRETS_DIR
  value: /run/secrets/connector
{{- end }}
{{- end -}}

{{/* How long what is in progress may take, in whole seconds. */}}
{{- define "connector.shutdownSeconds" -}}
{{- div (.Values.environment.SHUTDOWN_TIMEOUT_MS | default "25000" | int) 1000 -}}
{{- end -}}

{{/* Those who may connect to a port: the given ones, or the Pods of this namespace. */}}
{{- define "connector.from" -}}
{{- if . -}}
{{- toYaml . -}}
{{- else -}}
- podSelector: {}
{{- end -}}
{{- end -}}

{{- define "connector.pod" -}}
metadata:
  labels:
    {{- include "connector.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "connector.fullname" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  # More than the connector takes to finish what it has begun.
  terminationGracePeriodSeconds: {{ add (include "connector.shutdownSeconds" . | int) .Values.secondsBeforeEnd 10 }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: connector
      image: {{ include "connector.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      env:
        {{- include "connector.environment" . | trim | nindent 8 }}
      ports:
        - name: backend-api
          containerPort: 3003
        - name: dfsp-api
          containerPort: 3004
        - name: metrics
          containerPort: 7001
      # It may wait for its secrets and for the database before it serves.
      startupProbe:
        httpGet:
          path: /health
          port: backend-api
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet:
          path: /health
          port: backend-api
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 3
      readinessProbe:
        httpGet:
          path: /ready
          port: backend-api
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 2
      {{- if and .Values.secondsBeforeEnd (semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version) }}
      lifecycle:
        preStop:
          sleep:
            seconds: {{ .Values.secondsBeforeEnd }}
      {{- end }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - name: data
          mountPath: /data
          {{- if eq .Values.journal.kind "postgres" }}
          # No journal can begin here by mistake, if DATABASE_URL is missing.
          readOnly: true
          {{- end }}
        {{- if .Values.secretName }}
        - name: secrets
          mountPath: /run/secrets/connector
          readOnly: true
        {{- end }}
  volumes:
    {{- if eq .Values.journal.kind "postgres" }}
    - name: data
      emptyDir: {}
    {{- end }}
    {{- if .Values.secretName }}
    - name: secrets
      secret:
        secretName: {{ .Values.secretName }}
        defaultMode: 0440
        # It may appear later: the connector waits for it, SECRETS_WAIT_MS.
        optional: true
    {{- end }}
  {{- if and (eq .Values.journal.kind "postgres") (not .Values.affinity) }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "connector.selectorLabels" . | nindent 10 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
{{- end -}}
