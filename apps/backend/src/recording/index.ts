export { type Recording, type RecordingOptions, startRecording } from './start-recording.ts'
