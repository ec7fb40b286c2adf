/** Begins each comment in which a command leaves a decision to a person. */
export const TODO = 'TODO(nest-socketio):';
