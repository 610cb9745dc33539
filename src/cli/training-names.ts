/** Names of `--optimizer`; `momentum` and `nesterov` are forms of `sgd`. */
export const optimizerNames = ['sgd', 'momentum', 'nesterov', 'rmsprop', 'adam', 'adamw'] as const;

/** Names of `--loss`. */
export const lossNames = ['cross-entropy', 'mse', 'hinge'] as const;

/** Names of `--schedule`. */
export const scheduleNames = ['constant', 'step', 'cosine'] as const;

/** Names of `--measure`. */
export const measureNames = ['moments', 'jacobian'] as const;
