// What `bodydock camera` says, in English.

export const CAMERA_EN = {
  written: '{camera}: taken out of use; the running agent, or its next start, enters it into the custody log',
  notNamed: 'the station’s file does not name {camera}: look whether the id is spelled right',
} as const;
