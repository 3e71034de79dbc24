<?php

// Made by `verax reference`; do not edit.

declare(strict_types=1);

namespace Verax;

/**
 * The lists of a client, and the names of fields, events and errors.
 *
 * @phpstan-type PopulatedClient array{_id?: string, name?: string, email?: string}
 * @phpstan-type PopulatedProject array{_id?: string, name?: string, description?: string}
 * @phpstan-type PopulatedCollection array{_id?: string, code?: string, name?: string}
 * @phpstan-type PopulatedProjectFlow array{_id?: string, name?: string, type?: string}
 * @phpstan-type PopulatedEmailValidation array{_id?: string, status?: 'new'|'sent'|'validated'|'failed'|'expired', email?: string, type?: string, validationMethod?: string, validatedAt?: string}
 * @phpstan-type PopulatedPhoneValidation array{_id?: string, status?: 'new'|'sent'|'validated'|'failed'|'expired', countryCode?: string, phone?: string, phoneGateway?: string, type?: string, validationMethod?: string, validatedAt?: string}
 * @phpstan-type PopulatedBiometricValidation array{_id?: string, status?: 'new'|'pending'|'completed'|'failed'|'expired', type?: 'validation'|'login'|'onboarding'|'oneTimeLink'}
 * @phpstan-type PopulatedDocumentValidation array{_id?: string, status?: 'ASSESSING'|'ACTIVE'|'ACTIVE_BUT_UNVERIFIED'|'NEEDS_MANUAL_VERIFICATION'|'NOT_FOUND'|'FAILED'|'EXPIRED', documentType?: string, documentCategory?: string, country?: string, documentNumber?: string, namesMatch?: bool, imageValidated?: bool, requiresBackSide?: bool, url?: string, backUrl?: string, OCRExtraction?: array<string, mixed>}
 * @phpstan-type PopulatedPerson array{_id?: string, name?: string, gender?: string, date_of_birth?: string, nationality?: string, status?: string}
 * @phpstan-type PopulatedLivenessSession array{_id?: string, status?: string, expiresAt?: string}
 * @phpstan-type PopulatedAppRegistration array{_id?: string, fullName?: string, email?: string, status?: string}
 * @phpstan-type PopulatedWebhook array{_id?: string, name?: string, url?: string, isActive?: bool}
 * @phpstan-type Project array{_id?: string, client?: string|PopulatedClient|null, name?: string, description?: string, identifier?: string, contactEmail?: string, privacyUrl?: string, termsAndConditionsUrl?: string, allowedCountries?: array<mixed>, defaultLanguage?: string, dataProtection?: array<mixed>, branding?: array<mixed>, status?: string, target?: string, currentStep?: int, lastStep?: int, demoMode?: bool, allowAnonymous?: bool, version?: int, assignedCollection?: string, collectionCode?: string, createdAt?: string, updatedAt?: string, projectMembers?: list<mixed>, projectFlows?: list<array<string, mixed>>}
 * @phpstan-type NewProject array{name?: string, description?: string, identifier?: string, contactEmail?: string, privacyUrl?: string, termsAndConditionsUrl?: string, allowedCountries?: list<string>, defaultLanguage?: string, dataProtection?: array<string, mixed>, branding?: array<mixed>, status?: 'draft'|'active'|'paused'|'inactive'|'pending', target?: 'personal'|'business', currentStep?: int, lastStep?: int, demoMode?: bool, version?: int, assignedCollection?: string, allowAnonymous?: bool, demoOTP?: string, projectFlow?: array<string, mixed>, projectFlowType?: 'login'|'onboarding'|'smartlink'}
 * @phpstan-type ProjectChange array{name?: string, description?: string, identifier?: string, contactEmail?: string, privacyUrl?: string, termsAndConditionsUrl?: string, allowedCountries?: list<string>, defaultLanguage?: string, dataProtection?: array<string, mixed>, branding?: array<mixed>, status?: 'draft'|'active'|'paused'|'inactive'|'pending', target?: 'personal'|'business', currentStep?: int, lastStep?: int, demoMode?: bool, version?: int, assignedCollection?: string, allowAnonymous?: bool, demoOTP?: string, projectFlow?: array<string, mixed>, projectFlowType?: 'login'|'onboarding'|'smartlink'}
 * @phpstan-type ProjectQuery array{where?: array{_id?: string, client?: string, name?: string, description?: string, identifier?: string, contactEmail?: string, privacyUrl?: string, termsAndConditionsUrl?: string, defaultLanguage?: string, status?: 'draft'|'active'|'paused'|'inactive'|'pending', target?: 'personal'|'business', currentStep?: int|float, lastStep?: int|float, demoMode?: bool, allowAnonymous?: bool, version?: int|float, assignedCollection?: string, collectionCode?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface}, not?: array{_id?: string, client?: string, name?: string, description?: string, identifier?: string, contactEmail?: string, privacyUrl?: string, termsAndConditionsUrl?: string, defaultLanguage?: string, status?: 'draft'|'active'|'paused'|'inactive'|'pending', target?: 'personal'|'business', currentStep?: int|float, lastStep?: int|float, demoMode?: bool, allowAnonymous?: bool, version?: int|float, assignedCollection?: string, collectionCode?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface}, in?: array<'_id'|'client'|'name'|'description'|'identifier'|'contactEmail'|'privacyUrl'|'termsAndConditionsUrl'|'defaultLanguage'|'status'|'target'|'currentStep'|'lastStep'|'demoMode'|'allowAnonymous'|'version'|'assignedCollection'|'collectionCode'|'createdAt'|'updatedAt', list<mixed>>, notIn?: array<'_id'|'client'|'name'|'description'|'identifier'|'contactEmail'|'privacyUrl'|'termsAndConditionsUrl'|'defaultLanguage'|'status'|'target'|'currentStep'|'lastStep'|'demoMode'|'allowAnonymous'|'version'|'assignedCollection'|'collectionCode'|'createdAt'|'updatedAt', list<mixed>>, moreThan?: array<'currentStep'|'lastStep'|'version'|'createdAt'|'updatedAt', mixed>, lessThan?: array<'currentStep'|'lastStep'|'version'|'createdAt'|'updatedAt', mixed>, atLeast?: array<'currentStep'|'lastStep'|'version'|'createdAt'|'updatedAt', mixed>, atMost?: array<'currentStep'|'lastStep'|'version'|'createdAt'|'updatedAt', mixed>, like?: array<'name'|'description'|'identifier', string>, notLike?: array<'name'|'description'|'identifier', string>, caseInsensitive?: array<'name'|'description'|'identifier', string>, exists?: array<'_id'|'client'|'name'|'description'|'identifier'|'contactEmail'|'privacyUrl'|'termsAndConditionsUrl'|'allowedCountries'|'defaultLanguage'|'dataProtection'|'branding'|'status'|'target'|'currentStep'|'lastStep'|'demoMode'|'allowAnonymous'|'version'|'assignedCollection'|'collectionCode'|'createdAt'|'updatedAt', bool>, anyOf?: array<string, mixed>, search?: string, sort?: string|list<string>, page?: int, perPage?: int, offset?: int, skipTotal?: bool, columns?: list<'_id'|'client'|'name'|'description'|'identifier'|'contactEmail'|'privacyUrl'|'termsAndConditionsUrl'|'allowedCountries'|'defaultLanguage'|'dataProtection'|'branding'|'status'|'target'|'currentStep'|'lastStep'|'demoMode'|'allowAnonymous'|'version'|'assignedCollection'|'collectionCode'|'createdAt'|'updatedAt'>, populates?: list<string>, with?: list<'projectFlows'>, params?: array<string, mixed>}
 * @phpstan-type ProjectFlow array{_id?: string, client?: string|PopulatedClient|null, project?: string|PopulatedProject|null, type?: string, status?: string, version?: int, name?: string, target?: string, redirectUrl?: string, webhookUrl?: string, identityUrl?: string, webhook?: string|null, systemForm?: string, allowedCountries?: array<mixed>, onboardingSettings?: array<mixed>, loginSettings?: array<mixed>, signUpForm?: array<mixed>, documents?: array<mixed>, liveness?: array<mixed>, steps?: array<mixed>, review?: array<mixed>, business?: array<mixed>, representatives?: array<mixed>, linkSettings?: array<mixed>, security?: array<mixed>, integrations?: array<mixed>, emailTemplates?: array<mixed>, createdAt?: string, updatedAt?: string}
 * @phpstan-type NewProjectFlow array{project?: string, type?: 'login'|'onboarding'|'smartlink', name?: string, status?: 'draft'|'active'|'paused'|'inactive'|'pending', version?: int, target?: 'personal'|'business', redirectUrl?: string, webhookUrl?: string, identityUrl?: string, webhook?: string, systemForm?: string, allowedCountries?: list<string>, onboardingSettings?: array<string, mixed>, loginSettings?: array<string, mixed>, signUpForm?: array<string, mixed>, documents?: array<string, mixed>, liveness?: array<string, mixed>, steps?: array<string, mixed>, review?: array<string, mixed>, business?: array<mixed>, representatives?: array<mixed>, linkSettings?: array<mixed>, security?: array<string, mixed>, integrations?: array<string, mixed>, emailTemplates?: array<string, mixed>}
 * @phpstan-type ProjectFlowChange array{project?: string, type?: 'login'|'onboarding'|'smartlink', name?: string, status?: 'draft'|'active'|'paused'|'inactive'|'pending', version?: int, target?: 'personal'|'business', redirectUrl?: string, webhookUrl?: string, identityUrl?: string, webhook?: string, systemForm?: string, allowedCountries?: list<string>, onboardingSettings?: array<string, mixed>, loginSettings?: array<string, mixed>, signUpForm?: array<string, mixed>, documents?: array<string, mixed>, liveness?: array<string, mixed>, steps?: array<string, mixed>, review?: array<string, mixed>, business?: array<mixed>, representatives?: array<mixed>, linkSettings?: array<mixed>, security?: array<string, mixed>, integrations?: array<string, mixed>, emailTemplates?: array<string, mixed>}
 * @phpstan-type ProjectFlowQuery array{where?: array{_id?: string, client?: string, project?: string, type?: 'login'|'onboarding'|'smartlink', status?: 'draft'|'active'|'paused'|'inactive'|'pending', version?: int|float, name?: string, target?: 'personal'|'business', redirectUrl?: string, webhookUrl?: string, identityUrl?: string, webhook?: string, systemForm?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface}, not?: array{_id?: string, client?: string, project?: string, type?: 'login'|'onboarding'|'smartlink', status?: 'draft'|'active'|'paused'|'inactive'|'pending', version?: int|float, name?: string, target?: 'personal'|'business', redirectUrl?: string, webhookUrl?: string, identityUrl?: string, webhook?: string, systemForm?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface}, in?: array<'_id'|'client'|'project'|'type'|'status'|'version'|'name'|'target'|'redirectUrl'|'webhookUrl'|'identityUrl'|'webhook'|'systemForm'|'createdAt'|'updatedAt', list<mixed>>, notIn?: array<'_id'|'client'|'project'|'type'|'status'|'version'|'name'|'target'|'redirectUrl'|'webhookUrl'|'identityUrl'|'webhook'|'systemForm'|'createdAt'|'updatedAt', list<mixed>>, moreThan?: array<'version'|'createdAt'|'updatedAt', mixed>, lessThan?: array<'version'|'createdAt'|'updatedAt', mixed>, atLeast?: array<'version'|'createdAt'|'updatedAt', mixed>, atMost?: array<'version'|'createdAt'|'updatedAt', mixed>, like?: array<'name', string>, notLike?: array<'name', string>, caseInsensitive?: array<'name', string>, exists?: array<'_id'|'client'|'project'|'type'|'status'|'version'|'name'|'target'|'redirectUrl'|'webhookUrl'|'identityUrl'|'webhook'|'systemForm'|'allowedCountries'|'onboardingSettings'|'loginSettings'|'signUpForm'|'documents'|'liveness'|'steps'|'review'|'business'|'representatives'|'linkSettings'|'security'|'integrations'|'emailTemplates'|'createdAt'|'updatedAt', bool>, anyOf?: array<string, mixed>, search?: string, sort?: string|list<string>, page?: int, perPage?: int, offset?: int, skipTotal?: bool, columns?: list<'_id'|'client'|'project'|'type'|'status'|'version'|'name'|'target'|'redirectUrl'|'webhookUrl'|'identityUrl'|'webhook'|'systemForm'|'allowedCountries'|'onboardingSettings'|'loginSettings'|'signUpForm'|'documents'|'liveness'|'steps'|'review'|'business'|'representatives'|'linkSettings'|'security'|'integrations'|'emailTemplates'|'createdAt'|'updatedAt'>, populates?: list<string>, params?: array<string, mixed>}
 * @phpstan-type Collection array{_id?: string, client?: string|PopulatedClient|null, code?: string, name?: string, description?: string, project?: string|PopulatedProject|null, deleted?: bool, createdAt?: string, updatedAt?: string}
 * @phpstan-type NewCollection array{name?: string, description?: string, project?: string}
 * @phpstan-type CollectionChange array{name?: string, description?: string, project?: string}
 * @phpstan-type CollectionQuery array{where?: array{_id?: string, client?: string, code?: string, name?: string, description?: string, project?: string, deleted?: bool, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface}, not?: array{_id?: string, client?: string, code?: string, name?: string, description?: string, project?: string, deleted?: bool, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface}, in?: array<'_id'|'client'|'code'|'name'|'description'|'project'|'deleted'|'createdAt'|'updatedAt', list<mixed>>, notIn?: array<'_id'|'client'|'code'|'name'|'description'|'project'|'deleted'|'createdAt'|'updatedAt', list<mixed>>, moreThan?: array<'createdAt'|'updatedAt', mixed>, lessThan?: array<'createdAt'|'updatedAt', mixed>, atLeast?: array<'createdAt'|'updatedAt', mixed>, atMost?: array<'createdAt'|'updatedAt', mixed>, like?: array<'name'|'description', string>, notLike?: array<'name'|'description', string>, caseInsensitive?: array<'name'|'description', string>, exists?: array<'_id'|'client'|'code'|'name'|'description'|'project'|'deleted'|'createdAt'|'updatedAt', bool>, anyOf?: array<string, mixed>, search?: string, sort?: string|list<string>, page?: int, perPage?: int, offset?: int, skipTotal?: bool, columns?: list<'_id'|'client'|'code'|'name'|'description'|'project'|'deleted'|'createdAt'|'updatedAt'>, populates?: list<string>, params?: array<string, mixed>}
 * @phpstan-type Person array{_id?: string, client?: string|PopulatedClient|null, name?: string, gender?: string, date_of_birth?: string, nationality?: string, collections?: list<string|PopulatedCollection|null>, notes?: string, email?: string, phone?: string, status?: string, deleted?: bool, createdAt?: string, updatedAt?: string, thumbnails?: list<array<string, mixed>>}
 * @phpstan-type NewPerson array{name?: string, images?: list<string|Image>|string|Image, gender?: 'M'|'F', date_of_birth?: string|array<string, mixed>, nationality?: string, collections?: list<string>, notes?: string, email?: string, phone?: string, keep_thumbnails?: bool}
 * @phpstan-type PersonChange array{name?: string, images?: list<string|Image>|string|Image, gender?: 'M'|'F', date_of_birth?: string|array<string, mixed>, nationality?: string, collections?: list<string>, notes?: string, email?: string, phone?: string, keep_thumbnails?: bool, status?: 'active'|'inactive'|'pending'}
 * @phpstan-type PersonQuery array{where?: array{_id?: string, client?: string, name?: string, gender?: 'M'|'F', date_of_birth?: string|\DateTimeInterface, nationality?: string, collections?: string, notes?: string, email?: string, phone?: string, status?: 'active'|'inactive'|'pending', deleted?: bool, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface}, not?: array{_id?: string, client?: string, name?: string, gender?: 'M'|'F', date_of_birth?: string|\DateTimeInterface, nationality?: string, collections?: string, notes?: string, email?: string, phone?: string, status?: 'active'|'inactive'|'pending', deleted?: bool, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface}, in?: array<'_id'|'client'|'name'|'gender'|'date_of_birth'|'nationality'|'collections'|'notes'|'email'|'phone'|'status'|'deleted'|'createdAt'|'updatedAt', list<mixed>>, notIn?: array<'_id'|'client'|'name'|'gender'|'date_of_birth'|'nationality'|'collections'|'notes'|'email'|'phone'|'status'|'deleted'|'createdAt'|'updatedAt', list<mixed>>, moreThan?: array<'date_of_birth'|'createdAt'|'updatedAt', mixed>, lessThan?: array<'date_of_birth'|'createdAt'|'updatedAt', mixed>, atLeast?: array<'date_of_birth'|'createdAt'|'updatedAt', mixed>, atMost?: array<'date_of_birth'|'createdAt'|'updatedAt', mixed>, like?: array<'name'|'email'|'phone', string>, notLike?: array<'name'|'email'|'phone', string>, caseInsensitive?: array<'name'|'email'|'phone', string>, exists?: array<'_id'|'client'|'name'|'gender'|'date_of_birth'|'nationality'|'collections'|'notes'|'email'|'phone'|'status'|'deleted'|'createdAt'|'updatedAt', bool>, anyOf?: array<string, mixed>, search?: string, sort?: string|list<string>, page?: int, perPage?: int, offset?: int, skipTotal?: bool, columns?: list<'_id'|'client'|'name'|'gender'|'date_of_birth'|'nationality'|'collections'|'notes'|'email'|'phone'|'status'|'deleted'|'createdAt'|'updatedAt'>, populates?: list<string>, params?: array<string, mixed>}
 * @phpstan-type LivenessSession array{_id?: string, client?: string|PopulatedClient|null, project?: string|PopulatedProject|null, projectFlow?: string|PopulatedProjectFlow|null, identifier?: string, status?: string, expiresAt?: string, createdAt?: string, updatedAt?: string}
 * @phpstan-type NewLivenessSession array{project?: string, projectFlow?: string, identifier?: string, expiresAt?: string}
 * @phpstan-type LivenessSessionQuery array{where?: array{_id?: string, client?: string, project?: string, projectFlow?: string, identifier?: string, status?: 'active'|'completed'|'expired', expiresAt?: string|\DateTimeInterface, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface}, not?: array{_id?: string, client?: string, project?: string, projectFlow?: string, identifier?: string, status?: 'active'|'completed'|'expired', expiresAt?: string|\DateTimeInterface, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface}, in?: array<'_id'|'client'|'project'|'projectFlow'|'identifier'|'status'|'expiresAt'|'createdAt'|'updatedAt', list<mixed>>, notIn?: array<'_id'|'client'|'project'|'projectFlow'|'identifier'|'status'|'expiresAt'|'createdAt'|'updatedAt', list<mixed>>, moreThan?: array<'expiresAt'|'createdAt'|'updatedAt', mixed>, lessThan?: array<'expiresAt'|'createdAt'|'updatedAt', mixed>, atLeast?: array<'expiresAt'|'createdAt'|'updatedAt', mixed>, atMost?: array<'expiresAt'|'createdAt'|'updatedAt', mixed>, like?: array<'identifier', string>, notLike?: array<'identifier', string>, caseInsensitive?: array<'identifier', string>, exists?: array<'_id'|'client'|'project'|'projectFlow'|'identifier'|'status'|'expiresAt'|'createdAt'|'updatedAt', bool>, anyOf?: array<string, mixed>, search?: string, sort?: string|list<string>, page?: int, perPage?: int, offset?: int, skipTotal?: bool, columns?: list<'_id'|'client'|'project'|'projectFlow'|'identifier'|'status'|'expiresAt'|'createdAt'|'updatedAt'>, populates?: list<string>, params?: array<string, mixed>}
 * @phpstan-type AppRegistration array{_id?: string, client?: string|PopulatedClient|null, project?: string|PopulatedProject|null, projectFlow?: string|PopulatedProjectFlow|null, status?: string, fullName?: string, firstName?: string, lastName?: string, email?: string, phone?: string, countryCode?: string, language?: string, currentStep?: string, emailValidation?: string|PopulatedEmailValidation|null, phoneValidation?: string|PopulatedPhoneValidation|null, biometricValidation?: string|PopulatedBiometricValidation|null, documentValidation?: string|PopulatedDocumentValidation|null, documentLiveness?: string, compareFaceVerification?: array<string, mixed>, person?: string|PopulatedPerson|null, consentSession?: array<mixed>, failedBiometricValidations?: array<mixed>, failedDocumentValidations?: list<string|PopulatedDocumentValidation|null>, assignedCollection?: string, manualReviewLog?: array<mixed>, createdAt?: string, updatedAt?: string, informationValidation?: null, face?: null, documentFace?: null, cryptoValidation?: null, formSubmittion?: null, signature?: null, accessControlLog?: null, smartLink?: null}
 * @phpstan-type NewAppRegistration array{project?: string, projectFlow?: string, email?: string, phone?: string, countryCode?: string, fullName?: string, firstName?: string, lastName?: string, language?: string, consentSession?: array<mixed>}
 * @phpstan-type AppRegistrationChange array{email?: string, phone?: string, countryCode?: string, fullName?: string, firstName?: string, lastName?: string, language?: string, consentSession?: array<mixed>, emailValidation?: string, phoneValidation?: string, replacePhone?: bool}
 * @phpstan-type AppRegistrationQuery array{where?: array{_id?: string, client?: string, project?: string, projectFlow?: string, status?: 'STARTED'|'ONGOING'|'COMPLETED'|'COMPLETED_WITHOUT_KYC'|'FAILED'|'NEEDS_MANUAL_VERIFICATION'|'EXPIRED'|'completed', fullName?: string, firstName?: string, lastName?: string, email?: string, phone?: string, countryCode?: string, language?: string, currentStep?: string, emailValidation?: string, phoneValidation?: string, biometricValidation?: string, documentValidation?: string, documentLiveness?: string, person?: string, failedDocumentValidations?: string, assignedCollection?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface}, not?: array{_id?: string, client?: string, project?: string, projectFlow?: string, status?: 'STARTED'|'ONGOING'|'COMPLETED'|'COMPLETED_WITHOUT_KYC'|'FAILED'|'NEEDS_MANUAL_VERIFICATION'|'EXPIRED'|'completed', fullName?: string, firstName?: string, lastName?: string, email?: string, phone?: string, countryCode?: string, language?: string, currentStep?: string, emailValidation?: string, phoneValidation?: string, biometricValidation?: string, documentValidation?: string, documentLiveness?: string, person?: string, failedDocumentValidations?: string, assignedCollection?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface}, in?: array<'_id'|'client'|'project'|'projectFlow'|'status'|'fullName'|'firstName'|'lastName'|'email'|'phone'|'countryCode'|'language'|'currentStep'|'emailValidation'|'phoneValidation'|'biometricValidation'|'documentValidation'|'documentLiveness'|'person'|'failedDocumentValidations'|'assignedCollection'|'createdAt'|'updatedAt', list<mixed>>, notIn?: array<'_id'|'client'|'project'|'projectFlow'|'status'|'fullName'|'firstName'|'lastName'|'email'|'phone'|'countryCode'|'language'|'currentStep'|'emailValidation'|'phoneValidation'|'biometricValidation'|'documentValidation'|'documentLiveness'|'person'|'failedDocumentValidations'|'assignedCollection'|'createdAt'|'updatedAt', list<mixed>>, moreThan?: array<'createdAt'|'updatedAt', mixed>, lessThan?: array<'createdAt'|'updatedAt', mixed>, atLeast?: array<'createdAt'|'updatedAt', mixed>, atMost?: array<'createdAt'|'updatedAt', mixed>, like?: array<'fullName'|'firstName'|'lastName'|'email'|'phone', string>, notLike?: array<'fullName'|'firstName'|'lastName'|'email'|'phone', string>, caseInsensitive?: array<'fullName'|'firstName'|'lastName'|'email'|'phone', string>, exists?: array<'_id'|'client'|'project'|'projectFlow'|'status'|'fullName'|'firstName'|'lastName'|'email'|'phone'|'countryCode'|'language'|'currentStep'|'emailValidation'|'phoneValidation'|'biometricValidation'|'documentValidation'|'documentLiveness'|'compareFaceVerification'|'person'|'consentSession'|'failedBiometricValidations'|'failedDocumentValidations'|'assignedCollection'|'manualReviewLog'|'createdAt'|'updatedAt', bool>, anyOf?: array<string, mixed>, search?: string, sort?: string|list<string>, page?: int, perPage?: int, offset?: int, skipTotal?: bool, columns?: list<'_id'|'client'|'project'|'projectFlow'|'status'|'fullName'|'firstName'|'lastName'|'email'|'phone'|'countryCode'|'language'|'currentStep'|'emailValidation'|'phoneValidation'|'biometricValidation'|'documentValidation'|'documentLiveness'|'compareFaceVerification'|'person'|'consentSession'|'failedBiometricValidations'|'failedDocumentValidations'|'assignedCollection'|'manualReviewLog'|'createdAt'|'updatedAt'>, populates?: list<string>, params?: array<string, mixed>}
 * @phpstan-type EmailValidation array{_id?: string, client?: string|PopulatedClient|null, project?: string|PopulatedProject|null, projectFlow?: string|PopulatedProjectFlow|null, appRegistration?: string, status?: 'new'|'sent'|'validated'|'failed'|'expired', email?: string, type?: string, validationMethod?: string, expiresAt?: string, redirectUrl?: string, 'requires2FA'?: bool, ipAddress?: string, language?: string, attempts?: int, maxAttempts?: int, reason?: string, createdAt?: string, updatedAt?: string, validatedAt?: string}
 * @phpstan-type NewEmailValidation array{project?: string, projectFlow?: string, email?: string, type?: 'validation'|'login'|'onboarding'|'oneTimeLink', validationMethod?: 'verificationCode'|'oneTimeLink'|'magicLink', language?: string, redirectUrl?: string, 'requires2FA'?: bool, ipAddress?: string, webhookUrl?: string, identityUrl?: string}
 * @phpstan-type EmailValidationQuery array{where?: array{_id?: string, client?: string, project?: string, projectFlow?: string, appRegistration?: string, status?: 'new'|'sent'|'validated'|'failed'|'expired'|'pending'|'completed', email?: string, type?: 'validation'|'login'|'onboarding'|'oneTimeLink', validationMethod?: 'verificationCode'|'oneTimeLink'|'magicLink', expiresAt?: string|\DateTimeInterface, redirectUrl?: string, 'requires2FA'?: bool, ipAddress?: string, language?: string, attempts?: int|float, maxAttempts?: int|float, reason?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface, validatedAt?: string|\DateTimeInterface}, not?: array{_id?: string, client?: string, project?: string, projectFlow?: string, appRegistration?: string, status?: 'new'|'sent'|'validated'|'failed'|'expired'|'pending'|'completed', email?: string, type?: 'validation'|'login'|'onboarding'|'oneTimeLink', validationMethod?: 'verificationCode'|'oneTimeLink'|'magicLink', expiresAt?: string|\DateTimeInterface, redirectUrl?: string, 'requires2FA'?: bool, ipAddress?: string, language?: string, attempts?: int|float, maxAttempts?: int|float, reason?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface, validatedAt?: string|\DateTimeInterface}, in?: array<'_id'|'client'|'project'|'projectFlow'|'appRegistration'|'status'|'email'|'type'|'validationMethod'|'expiresAt'|'redirectUrl'|'requires2FA'|'ipAddress'|'language'|'attempts'|'maxAttempts'|'reason'|'createdAt'|'updatedAt'|'validatedAt', list<mixed>>, notIn?: array<'_id'|'client'|'project'|'projectFlow'|'appRegistration'|'status'|'email'|'type'|'validationMethod'|'expiresAt'|'redirectUrl'|'requires2FA'|'ipAddress'|'language'|'attempts'|'maxAttempts'|'reason'|'createdAt'|'updatedAt'|'validatedAt', list<mixed>>, moreThan?: array<'expiresAt'|'attempts'|'maxAttempts'|'createdAt'|'updatedAt'|'validatedAt', mixed>, lessThan?: array<'expiresAt'|'attempts'|'maxAttempts'|'createdAt'|'updatedAt'|'validatedAt', mixed>, atLeast?: array<'expiresAt'|'attempts'|'maxAttempts'|'createdAt'|'updatedAt'|'validatedAt', mixed>, atMost?: array<'expiresAt'|'attempts'|'maxAttempts'|'createdAt'|'updatedAt'|'validatedAt', mixed>, like?: array<'email', string>, notLike?: array<'email', string>, caseInsensitive?: array<'email', string>, exists?: array<'_id'|'client'|'project'|'projectFlow'|'appRegistration'|'status'|'email'|'type'|'validationMethod'|'expiresAt'|'redirectUrl'|'requires2FA'|'ipAddress'|'language'|'attempts'|'maxAttempts'|'reason'|'createdAt'|'updatedAt'|'validatedAt', bool>, anyOf?: array<string, mixed>, search?: string, sort?: string|list<string>, page?: int, perPage?: int, offset?: int, skipTotal?: bool, columns?: list<'_id'|'client'|'project'|'projectFlow'|'appRegistration'|'status'|'email'|'type'|'validationMethod'|'expiresAt'|'redirectUrl'|'requires2FA'|'ipAddress'|'language'|'attempts'|'maxAttempts'|'reason'|'createdAt'|'updatedAt'|'validatedAt'>, populates?: list<string>, params?: array<string, mixed>}
 * @phpstan-type PhoneValidation array{_id?: string, client?: string|PopulatedClient|null, project?: string|PopulatedProject|null, projectFlow?: string|PopulatedProjectFlow|null, appRegistration?: string, status?: 'new'|'sent'|'validated'|'failed'|'expired', countryCode?: string, phone?: string, phoneGateway?: string, type?: string, validationMethod?: string, expiresAt?: string, redirectUrl?: string, 'requires2FA'?: bool, ipAddress?: string, language?: string, attempts?: int, maxAttempts?: int, reason?: string, createdAt?: string, updatedAt?: string, validatedAt?: string}
 * @phpstan-type NewPhoneValidation array{project?: string, projectFlow?: string, countryCode?: string, phone?: string, phoneGateway?: 'sms'|'whatsapp', type?: 'validation'|'login'|'onboarding'|'oneTimeLink', validationMethod?: 'verificationCode', language?: string, redirectUrl?: string, 'requires2FA'?: bool, ipAddress?: string, webhookUrl?: string, identityUrl?: string}
 * @phpstan-type PhoneValidationQuery array{where?: array{_id?: string, client?: string, project?: string, projectFlow?: string, appRegistration?: string, status?: 'new'|'sent'|'validated'|'failed'|'expired'|'pending'|'completed', countryCode?: string, phone?: string, phoneGateway?: 'sms'|'whatsapp', type?: 'validation'|'login'|'onboarding'|'oneTimeLink', validationMethod?: 'verificationCode', expiresAt?: string|\DateTimeInterface, redirectUrl?: string, 'requires2FA'?: bool, ipAddress?: string, language?: string, attempts?: int|float, maxAttempts?: int|float, reason?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface, validatedAt?: string|\DateTimeInterface}, not?: array{_id?: string, client?: string, project?: string, projectFlow?: string, appRegistration?: string, status?: 'new'|'sent'|'validated'|'failed'|'expired'|'pending'|'completed', countryCode?: string, phone?: string, phoneGateway?: 'sms'|'whatsapp', type?: 'validation'|'login'|'onboarding'|'oneTimeLink', validationMethod?: 'verificationCode', expiresAt?: string|\DateTimeInterface, redirectUrl?: string, 'requires2FA'?: bool, ipAddress?: string, language?: string, attempts?: int|float, maxAttempts?: int|float, reason?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface, validatedAt?: string|\DateTimeInterface}, in?: array<'_id'|'client'|'project'|'projectFlow'|'appRegistration'|'status'|'countryCode'|'phone'|'phoneGateway'|'type'|'validationMethod'|'expiresAt'|'redirectUrl'|'requires2FA'|'ipAddress'|'language'|'attempts'|'maxAttempts'|'reason'|'createdAt'|'updatedAt'|'validatedAt', list<mixed>>, notIn?: array<'_id'|'client'|'project'|'projectFlow'|'appRegistration'|'status'|'countryCode'|'phone'|'phoneGateway'|'type'|'validationMethod'|'expiresAt'|'redirectUrl'|'requires2FA'|'ipAddress'|'language'|'attempts'|'maxAttempts'|'reason'|'createdAt'|'updatedAt'|'validatedAt', list<mixed>>, moreThan?: array<'expiresAt'|'attempts'|'maxAttempts'|'createdAt'|'updatedAt'|'validatedAt', mixed>, lessThan?: array<'expiresAt'|'attempts'|'maxAttempts'|'createdAt'|'updatedAt'|'validatedAt', mixed>, atLeast?: array<'expiresAt'|'attempts'|'maxAttempts'|'createdAt'|'updatedAt'|'validatedAt', mixed>, atMost?: array<'expiresAt'|'attempts'|'maxAttempts'|'createdAt'|'updatedAt'|'validatedAt', mixed>, like?: array<'phone', string>, notLike?: array<'phone', string>, caseInsensitive?: array<'phone', string>, exists?: array<'_id'|'client'|'project'|'projectFlow'|'appRegistration'|'status'|'countryCode'|'phone'|'phoneGateway'|'type'|'validationMethod'|'expiresAt'|'redirectUrl'|'requires2FA'|'ipAddress'|'language'|'attempts'|'maxAttempts'|'reason'|'createdAt'|'updatedAt'|'validatedAt', bool>, anyOf?: array<string, mixed>, search?: string, sort?: string|list<string>, page?: int, perPage?: int, offset?: int, skipTotal?: bool, columns?: list<'_id'|'client'|'project'|'projectFlow'|'appRegistration'|'status'|'countryCode'|'phone'|'phoneGateway'|'type'|'validationMethod'|'expiresAt'|'redirectUrl'|'requires2FA'|'ipAddress'|'language'|'attempts'|'maxAttempts'|'reason'|'createdAt'|'updatedAt'|'validatedAt'>, populates?: list<string>, params?: array<string, mixed>}
 * @phpstan-type BiometricValidation array{_id?: string, client?: string|PopulatedClient|null, project?: string|PopulatedProject|null, projectFlow?: string|PopulatedProjectFlow|null, livenessSession?: string|PopulatedLivenessSession|null, appRegistration?: string|PopulatedAppRegistration|null, status?: 'new'|'pending'|'completed'|'failed'|'expired', identifier?: string, type?: 'validation'|'login'|'onboarding'|'oneTimeLink', expiresAt?: string, redirectUrl?: string, webhookUrl?: string, 'requires2FA'?: bool, ipAddress?: string, sendViaEmail?: bool, email?: string, language?: string, url?: string, assignedCollection?: string, collectionCode?: string, livenessScore?: int|float, response?: array<mixed>, reasons?: array<mixed>, biometricData?: array<string, mixed>, verificationResults?: array<string, mixed>, failedChecks?: list<'livenessDetection'|'identityMatch'|'antiSpoofing'|'quality'>, riskScore?: int|float, imageSaved?: bool, createdAt?: string, updatedAt?: string, completedAt?: string, face?: null}
 * @phpstan-type NewBiometricValidation array{project?: string, projectFlow?: string, identifier?: string, type?: 'validation'|'login'|'onboarding'|'oneTimeLink', sendViaEmail?: bool, email?: string, expiresAt?: string, redirectUrl?: string, webhookUrl?: string, 'requires2FA'?: bool, ipAddress?: string, language?: 'en'|'es'}
 * @phpstan-type BiometricValidationQuery array{where?: array{_id?: string, client?: string, project?: string, projectFlow?: string, livenessSession?: string, appRegistration?: string, status?: 'new'|'pending'|'completed'|'failed'|'expired'|'validated'|'sent', identifier?: string, type?: 'validation'|'login'|'onboarding'|'oneTimeLink', expiresAt?: string|\DateTimeInterface, redirectUrl?: string, webhookUrl?: string, 'requires2FA'?: bool, ipAddress?: string, sendViaEmail?: bool, email?: string, language?: string, url?: string, assignedCollection?: string, collectionCode?: string, livenessScore?: int|float, failedChecks?: 'livenessDetection'|'identityMatch'|'antiSpoofing'|'quality', riskScore?: int|float, imageSaved?: bool, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface, completedAt?: string|\DateTimeInterface, 'appRegistration.email'?: string}, not?: array{_id?: string, client?: string, project?: string, projectFlow?: string, livenessSession?: string, appRegistration?: string, status?: 'new'|'pending'|'completed'|'failed'|'expired'|'validated'|'sent', identifier?: string, type?: 'validation'|'login'|'onboarding'|'oneTimeLink', expiresAt?: string|\DateTimeInterface, redirectUrl?: string, webhookUrl?: string, 'requires2FA'?: bool, ipAddress?: string, sendViaEmail?: bool, email?: string, language?: string, url?: string, assignedCollection?: string, collectionCode?: string, livenessScore?: int|float, failedChecks?: 'livenessDetection'|'identityMatch'|'antiSpoofing'|'quality', riskScore?: int|float, imageSaved?: bool, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface, completedAt?: string|\DateTimeInterface, 'appRegistration.email'?: string}, in?: array<'_id'|'client'|'project'|'projectFlow'|'livenessSession'|'appRegistration'|'status'|'identifier'|'type'|'expiresAt'|'redirectUrl'|'webhookUrl'|'requires2FA'|'ipAddress'|'sendViaEmail'|'email'|'language'|'url'|'assignedCollection'|'collectionCode'|'livenessScore'|'failedChecks'|'riskScore'|'imageSaved'|'createdAt'|'updatedAt'|'completedAt'|'appRegistration.email', list<mixed>>, notIn?: array<'_id'|'client'|'project'|'projectFlow'|'livenessSession'|'appRegistration'|'status'|'identifier'|'type'|'expiresAt'|'redirectUrl'|'webhookUrl'|'requires2FA'|'ipAddress'|'sendViaEmail'|'email'|'language'|'url'|'assignedCollection'|'collectionCode'|'livenessScore'|'failedChecks'|'riskScore'|'imageSaved'|'createdAt'|'updatedAt'|'completedAt'|'appRegistration.email', list<mixed>>, moreThan?: array<'expiresAt'|'livenessScore'|'riskScore'|'createdAt'|'updatedAt'|'completedAt', mixed>, lessThan?: array<'expiresAt'|'livenessScore'|'riskScore'|'createdAt'|'updatedAt'|'completedAt', mixed>, atLeast?: array<'expiresAt'|'livenessScore'|'riskScore'|'createdAt'|'updatedAt'|'completedAt', mixed>, atMost?: array<'expiresAt'|'livenessScore'|'riskScore'|'createdAt'|'updatedAt'|'completedAt', mixed>, like?: array<'identifier', string>, notLike?: array<'identifier', string>, caseInsensitive?: array<'identifier', string>, exists?: array<'_id'|'client'|'project'|'projectFlow'|'livenessSession'|'appRegistration'|'status'|'identifier'|'type'|'expiresAt'|'redirectUrl'|'webhookUrl'|'requires2FA'|'ipAddress'|'sendViaEmail'|'email'|'language'|'url'|'assignedCollection'|'collectionCode'|'livenessScore'|'response'|'reasons'|'biometricData'|'verificationResults'|'failedChecks'|'riskScore'|'imageSaved'|'createdAt'|'updatedAt'|'completedAt', bool>, anyOf?: array<string, mixed>, search?: string, sort?: string|list<string>, page?: int, perPage?: int, offset?: int, skipTotal?: bool, columns?: list<'_id'|'client'|'project'|'projectFlow'|'livenessSession'|'appRegistration'|'status'|'identifier'|'type'|'expiresAt'|'redirectUrl'|'webhookUrl'|'requires2FA'|'ipAddress'|'sendViaEmail'|'email'|'language'|'url'|'assignedCollection'|'collectionCode'|'livenessScore'|'response'|'reasons'|'biometricData'|'verificationResults'|'failedChecks'|'riskScore'|'imageSaved'|'createdAt'|'updatedAt'|'completedAt'>, populates?: list<string>, params?: array<string, mixed>}
 * @phpstan-type DocumentValidation array{_id?: string, client?: string|PopulatedClient|null, project?: string|PopulatedProject|null, projectFlow?: string|PopulatedProjectFlow|null, appRegistration?: string|PopulatedAppRegistration|null, status?: 'ASSESSING'|'ACTIVE'|'ACTIVE_BUT_UNVERIFIED'|'NEEDS_MANUAL_VERIFICATION'|'NOT_FOUND'|'FAILED'|'EXPIRED', type?: string, validationMethod?: string, inputMethod?: string, documentType?: string, documentCategory?: string, country?: string, documentNumber?: string, imageSaved?: bool, url?: string, backUrl?: string, imageValidated?: bool, requiresBackSide?: bool, namesMatch?: bool, fullNameMatchPercentage?: int|float, firstNameMatchPercentage?: int|float, lastNameMatchPercentage?: int|float, age?: string, riskScore?: int|float, OCRExtraction?: array<string, mixed>, documentData?: array<string, mixed>, validationResults?: array<string, mixed>, failedChecks?: list<'screenReplay'|'printedCopy'|'portraitSubstitution'|'digitalManipulation'|'checkDigits'|'nationalNumber'|'documentNumberAgrees'|'namesAgree'|'birthDateAgrees'|'expirationDateAgrees'|'sexAgrees'|'countryAgrees'|'datesArePossible'|'notExpired'|'minimumAge'|'documentTypeAllowed'|'countryAllowed'|'namesMatch'|'birthDateMatches'|'documentNumberMatches'|'portraitMatchesFace'|'ghostPortraitMatches'|'numberOfOnePerson'>, ocrResults?: array<mixed>, failureReason?: string, manualVerification?: array<mixed>, manualNameReview?: array<mixed>, createdAt?: string, updatedAt?: string, completedAt?: string, documentLiveness?: null}
 * @phpstan-type DocumentValidationQuery array{where?: array{_id?: string, client?: string, project?: string, projectFlow?: string, appRegistration?: string, status?: 'ASSESSING'|'ACTIVE'|'ACTIVE_BUT_UNVERIFIED'|'NEEDS_MANUAL_VERIFICATION'|'NOT_FOUND'|'FAILED'|'EXPIRED'|'new'|'pending'|'completed'|'VALIDATED'|'failed'|'expired', type?: 'validation'|'login'|'signup'|'ocr'|'demo', validationMethod?: 'OCR'|'SCAN_PROMPT'|'SCAN_STUDIO'|'SCAN_AGENT'|'MANUAL', inputMethod?: 'CAMERA'|'FILE_UPLOAD'|'NOT_SET', documentType?: string, documentCategory?: 'passport'|'national_id'|'driver_license'|'residence_permit'|'visa'|'other'|'id', country?: string, documentNumber?: string, imageSaved?: bool, url?: string, backUrl?: string, imageValidated?: bool, requiresBackSide?: bool, namesMatch?: bool, fullNameMatchPercentage?: int|float, firstNameMatchPercentage?: int|float, lastNameMatchPercentage?: int|float, age?: string, riskScore?: int|float, failedChecks?: 'screenReplay'|'printedCopy'|'portraitSubstitution'|'digitalManipulation'|'checkDigits'|'nationalNumber'|'documentNumberAgrees'|'namesAgree'|'birthDateAgrees'|'expirationDateAgrees'|'sexAgrees'|'countryAgrees'|'datesArePossible'|'notExpired'|'minimumAge'|'documentTypeAllowed'|'countryAllowed'|'namesMatch'|'birthDateMatches'|'documentNumberMatches'|'portraitMatchesFace'|'ghostPortraitMatches'|'numberOfOnePerson', failureReason?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface, completedAt?: string|\DateTimeInterface, 'appRegistration.email'?: string}, not?: array{_id?: string, client?: string, project?: string, projectFlow?: string, appRegistration?: string, status?: 'ASSESSING'|'ACTIVE'|'ACTIVE_BUT_UNVERIFIED'|'NEEDS_MANUAL_VERIFICATION'|'NOT_FOUND'|'FAILED'|'EXPIRED'|'new'|'pending'|'completed'|'VALIDATED'|'failed'|'expired', type?: 'validation'|'login'|'signup'|'ocr'|'demo', validationMethod?: 'OCR'|'SCAN_PROMPT'|'SCAN_STUDIO'|'SCAN_AGENT'|'MANUAL', inputMethod?: 'CAMERA'|'FILE_UPLOAD'|'NOT_SET', documentType?: string, documentCategory?: 'passport'|'national_id'|'driver_license'|'residence_permit'|'visa'|'other'|'id', country?: string, documentNumber?: string, imageSaved?: bool, url?: string, backUrl?: string, imageValidated?: bool, requiresBackSide?: bool, namesMatch?: bool, fullNameMatchPercentage?: int|float, firstNameMatchPercentage?: int|float, lastNameMatchPercentage?: int|float, age?: string, riskScore?: int|float, failedChecks?: 'screenReplay'|'printedCopy'|'portraitSubstitution'|'digitalManipulation'|'checkDigits'|'nationalNumber'|'documentNumberAgrees'|'namesAgree'|'birthDateAgrees'|'expirationDateAgrees'|'sexAgrees'|'countryAgrees'|'datesArePossible'|'notExpired'|'minimumAge'|'documentTypeAllowed'|'countryAllowed'|'namesMatch'|'birthDateMatches'|'documentNumberMatches'|'portraitMatchesFace'|'ghostPortraitMatches'|'numberOfOnePerson', failureReason?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface, completedAt?: string|\DateTimeInterface, 'appRegistration.email'?: string}, in?: array<'_id'|'client'|'project'|'projectFlow'|'appRegistration'|'status'|'type'|'validationMethod'|'inputMethod'|'documentType'|'documentCategory'|'country'|'documentNumber'|'imageSaved'|'url'|'backUrl'|'imageValidated'|'requiresBackSide'|'namesMatch'|'fullNameMatchPercentage'|'firstNameMatchPercentage'|'lastNameMatchPercentage'|'age'|'riskScore'|'failedChecks'|'failureReason'|'createdAt'|'updatedAt'|'completedAt'|'appRegistration.email', list<mixed>>, notIn?: array<'_id'|'client'|'project'|'projectFlow'|'appRegistration'|'status'|'type'|'validationMethod'|'inputMethod'|'documentType'|'documentCategory'|'country'|'documentNumber'|'imageSaved'|'url'|'backUrl'|'imageValidated'|'requiresBackSide'|'namesMatch'|'fullNameMatchPercentage'|'firstNameMatchPercentage'|'lastNameMatchPercentage'|'age'|'riskScore'|'failedChecks'|'failureReason'|'createdAt'|'updatedAt'|'completedAt'|'appRegistration.email', list<mixed>>, moreThan?: array<'fullNameMatchPercentage'|'firstNameMatchPercentage'|'lastNameMatchPercentage'|'riskScore'|'createdAt'|'updatedAt'|'completedAt', mixed>, lessThan?: array<'fullNameMatchPercentage'|'firstNameMatchPercentage'|'lastNameMatchPercentage'|'riskScore'|'createdAt'|'updatedAt'|'completedAt', mixed>, atLeast?: array<'fullNameMatchPercentage'|'firstNameMatchPercentage'|'lastNameMatchPercentage'|'riskScore'|'createdAt'|'updatedAt'|'completedAt', mixed>, atMost?: array<'fullNameMatchPercentage'|'firstNameMatchPercentage'|'lastNameMatchPercentage'|'riskScore'|'createdAt'|'updatedAt'|'completedAt', mixed>, exists?: array<'_id'|'client'|'project'|'projectFlow'|'appRegistration'|'status'|'type'|'validationMethod'|'inputMethod'|'documentType'|'documentCategory'|'country'|'documentNumber'|'imageSaved'|'url'|'backUrl'|'imageValidated'|'requiresBackSide'|'namesMatch'|'fullNameMatchPercentage'|'firstNameMatchPercentage'|'lastNameMatchPercentage'|'age'|'riskScore'|'OCRExtraction'|'documentData'|'validationResults'|'failedChecks'|'ocrResults'|'failureReason'|'manualVerification'|'manualNameReview'|'createdAt'|'updatedAt'|'completedAt', bool>, anyOf?: array<string, mixed>, search?: string, sort?: string|list<string>, page?: int, perPage?: int, offset?: int, skipTotal?: bool, columns?: list<'_id'|'client'|'project'|'projectFlow'|'appRegistration'|'status'|'type'|'validationMethod'|'inputMethod'|'documentType'|'documentCategory'|'country'|'documentNumber'|'imageSaved'|'url'|'backUrl'|'imageValidated'|'requiresBackSide'|'namesMatch'|'fullNameMatchPercentage'|'firstNameMatchPercentage'|'lastNameMatchPercentage'|'age'|'riskScore'|'OCRExtraction'|'documentData'|'validationResults'|'failedChecks'|'ocrResults'|'failureReason'|'manualVerification'|'manualNameReview'|'createdAt'|'updatedAt'|'completedAt'>, populates?: list<string>, params?: array<string, mixed>}
 * @phpstan-type AppLogin array{_id?: string, client?: string|PopulatedClient|null, name?: string, status?: 'pending'|'completed'|'failed', project?: string|PopulatedProject|null, projectFlow?: string|PopulatedProjectFlow|null, type?: 'email'|'phone'|'faceLiveness', emailValidation?: string|PopulatedEmailValidation|null, phoneValidation?: string|PopulatedPhoneValidation|null, biometricValidation?: string|PopulatedBiometricValidation|null, appRegistration?: string|PopulatedAppRegistration|null, person?: string|PopulatedPerson|null, createdAt?: string, updatedAt?: string, face?: null, accessControlLog?: null}
 * @phpstan-type AppLoginQuery array{where?: array{_id?: string, client?: string, name?: string, status?: 'pending'|'completed'|'failed'|'validated', project?: string, projectFlow?: string, type?: 'email'|'phone'|'faceLiveness'|'faceliveness', emailValidation?: string, phoneValidation?: string, biometricValidation?: string, appRegistration?: string, person?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface, 'appRegistration.email'?: string}, not?: array{_id?: string, client?: string, name?: string, status?: 'pending'|'completed'|'failed'|'validated', project?: string, projectFlow?: string, type?: 'email'|'phone'|'faceLiveness'|'faceliveness', emailValidation?: string, phoneValidation?: string, biometricValidation?: string, appRegistration?: string, person?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface, 'appRegistration.email'?: string}, in?: array<'_id'|'client'|'name'|'status'|'project'|'projectFlow'|'type'|'emailValidation'|'phoneValidation'|'biometricValidation'|'appRegistration'|'person'|'createdAt'|'updatedAt'|'appRegistration.email', list<mixed>>, notIn?: array<'_id'|'client'|'name'|'status'|'project'|'projectFlow'|'type'|'emailValidation'|'phoneValidation'|'biometricValidation'|'appRegistration'|'person'|'createdAt'|'updatedAt'|'appRegistration.email', list<mixed>>, moreThan?: array<'createdAt'|'updatedAt', mixed>, lessThan?: array<'createdAt'|'updatedAt', mixed>, atLeast?: array<'createdAt'|'updatedAt', mixed>, atMost?: array<'createdAt'|'updatedAt', mixed>, like?: array<'name', string>, notLike?: array<'name', string>, caseInsensitive?: array<'name', string>, exists?: array<'_id'|'client'|'name'|'status'|'project'|'projectFlow'|'type'|'emailValidation'|'phoneValidation'|'biometricValidation'|'appRegistration'|'person'|'createdAt'|'updatedAt', bool>, anyOf?: array<string, mixed>, search?: string, sort?: string|list<string>, page?: int, perPage?: int, offset?: int, skipTotal?: bool, columns?: list<'_id'|'client'|'name'|'status'|'project'|'projectFlow'|'type'|'emailValidation'|'phoneValidation'|'biometricValidation'|'appRegistration'|'person'|'createdAt'|'updatedAt'>, populates?: list<string>, params?: array<string, mixed>}
 * @phpstan-type DocumentLivenessValidation array{_id?: string, client?: string|PopulatedClient|null, appRegistration?: string|PopulatedAppRegistration|null, imageSaved?: bool, imageUrl?: string, status?: 'new'|'processing'|'completed'|'failed', validationResults?: array<string, mixed>, calibrationSettings?: array<mixed>, validationFlags?: array<mixed>, failedChecks?: list<'documentCropped'|'colourLess'|'screenReplay'|'printedCopy'|'portraitSubstitution'|'digitalManipulation'>, riskScore?: int|float, confidence?: int|float, failureReason?: string, createdAt?: string, updatedAt?: string, completedAt?: string, isLive?: bool, aggregatedScore?: int|float, screenReplayProbability?: int|float, printedCopyProbability?: int|float, portraitSubstitutionProbability?: int|float, digitalManipulationProbability?: int|float, aggregateWarnings?: list<'GLARE_ON_IMAGE'|'IMAGE_IS_TOO_COMPRESSED'|'IMAGE_TOO_BLURRY'>}
 * @phpstan-type NewDocumentLivenessValidation array{image?: string|Image, saveImage?: bool, validateScreenReplay?: bool, validatePrintedCopy?: bool, validatePortraitSubstitution?: bool, validateDigitalManipulation?: bool, screenReplayCalibration?: 'SOFT'|'REGULAR'|'HARD', printedCopyCalibration?: 'SOFT'|'REGULAR'|'HARD', portraitSubstitutionCalibration?: 'SOFT'|'REGULAR'|'HARD', ignoreDocumentCroppedValidation?: bool, ignoreColourLessValidation?: bool}
 * @phpstan-type DocumentLivenessValidationQuery array{where?: array{_id?: string, client?: string, appRegistration?: string, imageSaved?: bool, imageUrl?: string, status?: 'new'|'processing'|'completed'|'failed', failedChecks?: 'documentCropped'|'colourLess'|'screenReplay'|'printedCopy'|'portraitSubstitution'|'digitalManipulation', riskScore?: int|float, confidence?: int|float, failureReason?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface, completedAt?: string|\DateTimeInterface, 'appRegistration.email'?: string}, not?: array{_id?: string, client?: string, appRegistration?: string, imageSaved?: bool, imageUrl?: string, status?: 'new'|'processing'|'completed'|'failed', failedChecks?: 'documentCropped'|'colourLess'|'screenReplay'|'printedCopy'|'portraitSubstitution'|'digitalManipulation', riskScore?: int|float, confidence?: int|float, failureReason?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface, completedAt?: string|\DateTimeInterface, 'appRegistration.email'?: string}, in?: array<'_id'|'client'|'appRegistration'|'imageSaved'|'imageUrl'|'status'|'failedChecks'|'riskScore'|'confidence'|'failureReason'|'createdAt'|'updatedAt'|'completedAt'|'appRegistration.email', list<mixed>>, notIn?: array<'_id'|'client'|'appRegistration'|'imageSaved'|'imageUrl'|'status'|'failedChecks'|'riskScore'|'confidence'|'failureReason'|'createdAt'|'updatedAt'|'completedAt'|'appRegistration.email', list<mixed>>, moreThan?: array<'riskScore'|'confidence'|'createdAt'|'updatedAt'|'completedAt', mixed>, lessThan?: array<'riskScore'|'confidence'|'createdAt'|'updatedAt'|'completedAt', mixed>, atLeast?: array<'riskScore'|'confidence'|'createdAt'|'updatedAt'|'completedAt', mixed>, atMost?: array<'riskScore'|'confidence'|'createdAt'|'updatedAt'|'completedAt', mixed>, exists?: array<'_id'|'client'|'appRegistration'|'imageSaved'|'imageUrl'|'status'|'validationResults'|'calibrationSettings'|'validationFlags'|'failedChecks'|'riskScore'|'confidence'|'failureReason'|'createdAt'|'updatedAt'|'completedAt', bool>, anyOf?: array<string, mixed>, search?: string, sort?: string|list<string>, page?: int, perPage?: int, offset?: int, skipTotal?: bool, columns?: list<'_id'|'client'|'appRegistration'|'imageSaved'|'imageUrl'|'status'|'validationResults'|'calibrationSettings'|'validationFlags'|'failedChecks'|'riskScore'|'confidence'|'failureReason'|'createdAt'|'updatedAt'|'completedAt'>, populates?: list<string>, params?: array<string, mixed>}
 * @phpstan-type PromptTemplate array{_id?: string, client?: string|PopulatedClient|null, name?: string, documentTypes?: list<string>, country?: string, labels?: array<mixed>, active?: bool, createdAt?: string, updatedAt?: string}
 * @phpstan-type NewPromptTemplate array{name?: string, documentTypes?: list<string>, country?: string, labels?: array<mixed>, fields?: list<string>, active?: bool}
 * @phpstan-type PromptTemplateChange array{name?: string, documentTypes?: list<string>, country?: string, labels?: array<mixed>, fields?: list<string>, active?: bool}
 * @phpstan-type PromptTemplateQuery array{where?: array{_id?: string, client?: string, name?: string, documentTypes?: string, country?: string, active?: bool, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface}, not?: array{_id?: string, client?: string, name?: string, documentTypes?: string, country?: string, active?: bool, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface}, in?: array<'_id'|'client'|'name'|'documentTypes'|'country'|'active'|'createdAt'|'updatedAt', list<mixed>>, notIn?: array<'_id'|'client'|'name'|'documentTypes'|'country'|'active'|'createdAt'|'updatedAt', list<mixed>>, moreThan?: array<'createdAt'|'updatedAt', mixed>, lessThan?: array<'createdAt'|'updatedAt', mixed>, atLeast?: array<'createdAt'|'updatedAt', mixed>, atMost?: array<'createdAt'|'updatedAt', mixed>, like?: array<'name', string>, notLike?: array<'name', string>, caseInsensitive?: array<'name', string>, exists?: array<'_id'|'client'|'name'|'documentTypes'|'country'|'labels'|'active'|'createdAt'|'updatedAt', bool>, anyOf?: array<string, mixed>, search?: string, sort?: string|list<string>, page?: int, perPage?: int, offset?: int, skipTotal?: bool, columns?: list<'_id'|'client'|'name'|'documentTypes'|'country'|'labels'|'active'|'createdAt'|'updatedAt'>, populates?: list<string>, params?: array<string, mixed>}
 * @phpstan-type Member array{_id?: string, client?: string|PopulatedClient|null, name?: string, email?: string, role?: 'viewer'|'editor'|'admin'|'owner', status?: 'invited'|'active'|'disabled', hasTotp?: bool, lastSignInAt?: string, createdAt?: string, updatedAt?: string, project?: null, staff?: null}
 * @phpstan-type NewMember array{email?: string, role?: 'viewer'|'editor'|'admin'|'owner', name?: string}
 * @phpstan-type MemberChange array{role?: 'viewer'|'editor'|'admin'|'owner', status?: 'active'|'disabled'}
 * @phpstan-type MemberQuery array{where?: array{_id?: string, client?: string, name?: string, email?: string, role?: 'viewer'|'editor'|'admin'|'owner', status?: 'invited'|'active'|'disabled', hasTotp?: bool, lastSignInAt?: string|\DateTimeInterface, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface}, not?: array{_id?: string, client?: string, name?: string, email?: string, role?: 'viewer'|'editor'|'admin'|'owner', status?: 'invited'|'active'|'disabled', hasTotp?: bool, lastSignInAt?: string|\DateTimeInterface, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface}, in?: array<'_id'|'client'|'name'|'email'|'role'|'status'|'hasTotp'|'lastSignInAt'|'createdAt'|'updatedAt', list<mixed>>, notIn?: array<'_id'|'client'|'name'|'email'|'role'|'status'|'hasTotp'|'lastSignInAt'|'createdAt'|'updatedAt', list<mixed>>, moreThan?: array<'lastSignInAt'|'createdAt'|'updatedAt', mixed>, lessThan?: array<'lastSignInAt'|'createdAt'|'updatedAt', mixed>, atLeast?: array<'lastSignInAt'|'createdAt'|'updatedAt', mixed>, atMost?: array<'lastSignInAt'|'createdAt'|'updatedAt', mixed>, like?: array<'name'|'email', string>, notLike?: array<'name'|'email', string>, caseInsensitive?: array<'name'|'email', string>, exists?: array<'_id'|'client'|'name'|'email'|'role'|'status'|'hasTotp'|'lastSignInAt'|'createdAt'|'updatedAt', bool>, anyOf?: array<string, mixed>, search?: string, sort?: string|list<string>, page?: int, perPage?: int, offset?: int, skipTotal?: bool, columns?: list<'_id'|'client'|'name'|'email'|'role'|'status'|'hasTotp'|'lastSignInAt'|'createdAt'|'updatedAt'>, populates?: list<string>, params?: array<string, mixed>}
 * @phpstan-type Review array{_id?: string, client?: string|PopulatedClient|null, subject?: array<string, mixed>, subjectResource?: string, subjectId?: string, appRegistration?: string|PopulatedAppRegistration|null, project?: string|PopulatedProject|null, projectFlow?: string|PopulatedProjectFlow|null, openedBecause?: list<string>, priority?: int, state?: 'open'|'claimed'|'proposed'|'decided'|'withdrawn', claimedBy?: string, claimedUntil?: string, proposal?: 'approve'|'decline'|'resubmit', decision?: 'approve'|'decline'|'resubmit', reasons?: list<string>, note?: string, decidedBy?: string, checkedBy?: string, evidenceDigest?: string, createdAt?: string, updatedAt?: string, decidedAt?: string}
 * @phpstan-type ReviewQuery array{where?: array{_id?: string, client?: string, subjectResource?: string, subjectId?: string, appRegistration?: string, project?: string, projectFlow?: string, openedBecause?: string, priority?: int|float, state?: 'open'|'claimed'|'proposed'|'decided'|'withdrawn', claimedBy?: string, claimedUntil?: string|\DateTimeInterface, proposal?: 'approve'|'decline'|'resubmit', decision?: 'approve'|'decline'|'resubmit', reasons?: string, note?: string, decidedBy?: string, checkedBy?: string, evidenceDigest?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface, decidedAt?: string|\DateTimeInterface, 'appRegistration.email'?: string}, not?: array{_id?: string, client?: string, subjectResource?: string, subjectId?: string, appRegistration?: string, project?: string, projectFlow?: string, openedBecause?: string, priority?: int|float, state?: 'open'|'claimed'|'proposed'|'decided'|'withdrawn', claimedBy?: string, claimedUntil?: string|\DateTimeInterface, proposal?: 'approve'|'decline'|'resubmit', decision?: 'approve'|'decline'|'resubmit', reasons?: string, note?: string, decidedBy?: string, checkedBy?: string, evidenceDigest?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface, decidedAt?: string|\DateTimeInterface, 'appRegistration.email'?: string}, in?: array<'_id'|'client'|'subjectResource'|'subjectId'|'appRegistration'|'project'|'projectFlow'|'openedBecause'|'priority'|'state'|'claimedBy'|'claimedUntil'|'proposal'|'decision'|'reasons'|'note'|'decidedBy'|'checkedBy'|'evidenceDigest'|'createdAt'|'updatedAt'|'decidedAt'|'appRegistration.email', list<mixed>>, notIn?: array<'_id'|'client'|'subjectResource'|'subjectId'|'appRegistration'|'project'|'projectFlow'|'openedBecause'|'priority'|'state'|'claimedBy'|'claimedUntil'|'proposal'|'decision'|'reasons'|'note'|'decidedBy'|'checkedBy'|'evidenceDigest'|'createdAt'|'updatedAt'|'decidedAt'|'appRegistration.email', list<mixed>>, moreThan?: array<'priority'|'claimedUntil'|'createdAt'|'updatedAt'|'decidedAt', mixed>, lessThan?: array<'priority'|'claimedUntil'|'createdAt'|'updatedAt'|'decidedAt', mixed>, atLeast?: array<'priority'|'claimedUntil'|'createdAt'|'updatedAt'|'decidedAt', mixed>, atMost?: array<'priority'|'claimedUntil'|'createdAt'|'updatedAt'|'decidedAt', mixed>, exists?: array<'_id'|'client'|'subject'|'subjectResource'|'subjectId'|'appRegistration'|'project'|'projectFlow'|'openedBecause'|'priority'|'state'|'claimedBy'|'claimedUntil'|'proposal'|'decision'|'reasons'|'note'|'decidedBy'|'checkedBy'|'evidenceDigest'|'createdAt'|'updatedAt'|'decidedAt', bool>, anyOf?: array<string, mixed>, search?: string, sort?: string|list<string>, page?: int, perPage?: int, offset?: int, skipTotal?: bool, columns?: list<'_id'|'client'|'subject'|'subjectResource'|'subjectId'|'appRegistration'|'project'|'projectFlow'|'openedBecause'|'priority'|'state'|'claimedBy'|'claimedUntil'|'proposal'|'decision'|'reasons'|'note'|'decidedBy'|'checkedBy'|'evidenceDigest'|'createdAt'|'updatedAt'|'decidedAt'>, populates?: list<string>, params?: array<string, mixed>}
 * @phpstan-type Event array{_id?: string, client?: string|PopulatedClient|null, type?: string, resource?: string, record?: string, sequence?: int, status?: string, projectFlow?: string|PopulatedProjectFlow|null, appRegistration?: string|PopulatedAppRegistration|null, actor?: string, request?: string, count?: int, digest?: string, createdAt?: string}
 * @phpstan-type EventQuery array{where?: array{_id?: string, client?: string, type?: string, resource?: string, record?: string, sequence?: int|float, status?: string, projectFlow?: string, appRegistration?: string, actor?: string, request?: string, count?: int|float, digest?: string, createdAt?: string|\DateTimeInterface, 'appRegistration.email'?: string}, not?: array{_id?: string, client?: string, type?: string, resource?: string, record?: string, sequence?: int|float, status?: string, projectFlow?: string, appRegistration?: string, actor?: string, request?: string, count?: int|float, digest?: string, createdAt?: string|\DateTimeInterface, 'appRegistration.email'?: string}, in?: array<'_id'|'client'|'type'|'resource'|'record'|'sequence'|'status'|'projectFlow'|'appRegistration'|'actor'|'request'|'count'|'digest'|'createdAt'|'appRegistration.email', list<mixed>>, notIn?: array<'_id'|'client'|'type'|'resource'|'record'|'sequence'|'status'|'projectFlow'|'appRegistration'|'actor'|'request'|'count'|'digest'|'createdAt'|'appRegistration.email', list<mixed>>, moreThan?: array<'sequence'|'count'|'createdAt', mixed>, lessThan?: array<'sequence'|'count'|'createdAt', mixed>, atLeast?: array<'sequence'|'count'|'createdAt', mixed>, atMost?: array<'sequence'|'count'|'createdAt', mixed>, exists?: array<'_id'|'client'|'type'|'resource'|'record'|'sequence'|'status'|'projectFlow'|'appRegistration'|'actor'|'request'|'count'|'digest'|'createdAt', bool>, anyOf?: array<string, mixed>, search?: string, sort?: string|list<string>, page?: int, perPage?: int, offset?: int, skipTotal?: bool, columns?: list<'_id'|'client'|'type'|'resource'|'record'|'sequence'|'status'|'projectFlow'|'appRegistration'|'actor'|'request'|'count'|'digest'|'createdAt'>, populates?: list<string>, params?: array<string, mixed>}
 * @phpstan-type Access array{_id?: string, client?: string|PopulatedClient|null, resource?: string, record?: string, part?: string, actor?: string, purpose?: string, request?: string, createdAt?: string}
 * @phpstan-type AccessQuery array{where?: array{_id?: string, client?: string, resource?: string, record?: string, part?: string, actor?: string, purpose?: string, request?: string, createdAt?: string|\DateTimeInterface}, not?: array{_id?: string, client?: string, resource?: string, record?: string, part?: string, actor?: string, purpose?: string, request?: string, createdAt?: string|\DateTimeInterface}, in?: array<'_id'|'client'|'resource'|'record'|'part'|'actor'|'purpose'|'request'|'createdAt', list<mixed>>, notIn?: array<'_id'|'client'|'resource'|'record'|'part'|'actor'|'purpose'|'request'|'createdAt', list<mixed>>, moreThan?: array<'createdAt', mixed>, lessThan?: array<'createdAt', mixed>, atLeast?: array<'createdAt', mixed>, atMost?: array<'createdAt', mixed>, exists?: array<'_id'|'client'|'resource'|'record'|'part'|'actor'|'purpose'|'request'|'createdAt', bool>, anyOf?: array<string, mixed>, search?: string, sort?: string|list<string>, page?: int, perPage?: int, offset?: int, skipTotal?: bool, columns?: list<'_id'|'client'|'resource'|'record'|'part'|'actor'|'purpose'|'request'|'createdAt'>, populates?: list<string>, params?: array<string, mixed>}
 * @phpstan-type Webhook array{_id?: string, client?: string|PopulatedClient|null, name?: string, url?: string, description?: string, isActive?: bool, projectFlow?: list<string|PopulatedProjectFlow|null>, eventTypes?: array<mixed>, format?: 'verifik'|'standard', payload?: 'full'|'thin', ordering?: 'record'|'none', source?: 'api'|'flow'|'validation', notification?: array<mixed>, failures?: int, failingSince?: string, pausedUntil?: string, disabledAt?: string, disabledReason?: string, createdAt?: string, updatedAt?: string}
 * @phpstan-type NewWebhook array{url?: string, name?: string, description?: string, isActive?: bool, projectFlow?: list<string>, eventTypes?: list<string>, format?: 'verifik'|'standard', payload?: 'full'|'thin', ordering?: 'record'|'none', notification?: array<mixed>}
 * @phpstan-type WebhookChange array{url?: string, name?: string, description?: string, isActive?: bool, projectFlow?: list<string>, eventTypes?: list<string>, format?: 'verifik'|'standard', payload?: 'full'|'thin', ordering?: 'record'|'none', notification?: array<mixed>}
 * @phpstan-type WebhookQuery array{where?: array{_id?: string, client?: string, name?: string, url?: string, description?: string, isActive?: bool, projectFlow?: string, format?: 'verifik'|'standard', payload?: 'full'|'thin', ordering?: 'record'|'none', source?: 'api'|'flow'|'validation', failures?: int|float, failingSince?: string|\DateTimeInterface, pausedUntil?: string|\DateTimeInterface, disabledAt?: string|\DateTimeInterface, disabledReason?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface}, not?: array{_id?: string, client?: string, name?: string, url?: string, description?: string, isActive?: bool, projectFlow?: string, format?: 'verifik'|'standard', payload?: 'full'|'thin', ordering?: 'record'|'none', source?: 'api'|'flow'|'validation', failures?: int|float, failingSince?: string|\DateTimeInterface, pausedUntil?: string|\DateTimeInterface, disabledAt?: string|\DateTimeInterface, disabledReason?: string, createdAt?: string|\DateTimeInterface, updatedAt?: string|\DateTimeInterface}, in?: array<'_id'|'client'|'name'|'url'|'description'|'isActive'|'projectFlow'|'format'|'payload'|'ordering'|'source'|'failures'|'failingSince'|'pausedUntil'|'disabledAt'|'disabledReason'|'createdAt'|'updatedAt', list<mixed>>, notIn?: array<'_id'|'client'|'name'|'url'|'description'|'isActive'|'projectFlow'|'format'|'payload'|'ordering'|'source'|'failures'|'failingSince'|'pausedUntil'|'disabledAt'|'disabledReason'|'createdAt'|'updatedAt', list<mixed>>, moreThan?: array<'failures'|'failingSince'|'pausedUntil'|'disabledAt'|'createdAt'|'updatedAt', mixed>, lessThan?: array<'failures'|'failingSince'|'pausedUntil'|'disabledAt'|'createdAt'|'updatedAt', mixed>, atLeast?: array<'failures'|'failingSince'|'pausedUntil'|'disabledAt'|'createdAt'|'updatedAt', mixed>, atMost?: array<'failures'|'failingSince'|'pausedUntil'|'disabledAt'|'createdAt'|'updatedAt', mixed>, like?: array<'name', string>, notLike?: array<'name', string>, caseInsensitive?: array<'name', string>, exists?: array<'_id'|'client'|'name'|'url'|'description'|'isActive'|'projectFlow'|'eventTypes'|'format'|'payload'|'ordering'|'source'|'notification'|'failures'|'failingSince'|'pausedUntil'|'disabledAt'|'disabledReason'|'createdAt'|'updatedAt', bool>, anyOf?: array<string, mixed>, search?: string, sort?: string|list<string>, page?: int, perPage?: int, offset?: int, skipTotal?: bool, columns?: list<'_id'|'client'|'name'|'url'|'description'|'isActive'|'projectFlow'|'eventTypes'|'format'|'payload'|'ordering'|'source'|'notification'|'failures'|'failingSince'|'pausedUntil'|'disabledAt'|'disabledReason'|'createdAt'|'updatedAt'>, populates?: list<string>, params?: array<string, mixed>}
 * @phpstan-type WebhookEvent array{_id?: string, client?: string|PopulatedClient|null, type?: string, webhook?: string|PopulatedWebhook|null, event?: string, projectFlow?: string|PopulatedProjectFlow|null, appRegistration?: string|PopulatedAppRegistration|null, resource?: string, record?: string, sequence?: int, recordStatus?: string, status?: 'pending'|'sent', state?: 'pending'|'retrying'|'held'|'delivered'|'dead'|'cancelled', attempts?: int, response?: array<string, mixed>, responseStatus?: 'success'|'fail', dueAt?: string, sentAt?: string, endedAt?: string, createdAt?: string}
 * @phpstan-type WebhookEventQuery array{where?: array{_id?: string, client?: string, type?: string, webhook?: string, event?: string, projectFlow?: string, appRegistration?: string, resource?: string, record?: string, sequence?: int|float, recordStatus?: string, status?: 'pending'|'sent', state?: 'pending'|'retrying'|'held'|'delivered'|'dead'|'cancelled', attempts?: int|float, responseStatus?: 'success'|'fail', dueAt?: string|\DateTimeInterface, sentAt?: string|\DateTimeInterface, endedAt?: string|\DateTimeInterface, createdAt?: string|\DateTimeInterface, 'appRegistration.email'?: string}, not?: array{_id?: string, client?: string, type?: string, webhook?: string, event?: string, projectFlow?: string, appRegistration?: string, resource?: string, record?: string, sequence?: int|float, recordStatus?: string, status?: 'pending'|'sent', state?: 'pending'|'retrying'|'held'|'delivered'|'dead'|'cancelled', attempts?: int|float, responseStatus?: 'success'|'fail', dueAt?: string|\DateTimeInterface, sentAt?: string|\DateTimeInterface, endedAt?: string|\DateTimeInterface, createdAt?: string|\DateTimeInterface, 'appRegistration.email'?: string}, in?: array<'_id'|'client'|'type'|'webhook'|'event'|'projectFlow'|'appRegistration'|'resource'|'record'|'sequence'|'recordStatus'|'status'|'state'|'attempts'|'responseStatus'|'dueAt'|'sentAt'|'endedAt'|'createdAt'|'appRegistration.email', list<mixed>>, notIn?: array<'_id'|'client'|'type'|'webhook'|'event'|'projectFlow'|'appRegistration'|'resource'|'record'|'sequence'|'recordStatus'|'status'|'state'|'attempts'|'responseStatus'|'dueAt'|'sentAt'|'endedAt'|'createdAt'|'appRegistration.email', list<mixed>>, moreThan?: array<'sequence'|'attempts'|'dueAt'|'sentAt'|'endedAt'|'createdAt', mixed>, lessThan?: array<'sequence'|'attempts'|'dueAt'|'sentAt'|'endedAt'|'createdAt', mixed>, atLeast?: array<'sequence'|'attempts'|'dueAt'|'sentAt'|'endedAt'|'createdAt', mixed>, atMost?: array<'sequence'|'attempts'|'dueAt'|'sentAt'|'endedAt'|'createdAt', mixed>, exists?: array<'_id'|'client'|'type'|'webhook'|'event'|'projectFlow'|'appRegistration'|'resource'|'record'|'sequence'|'recordStatus'|'status'|'state'|'attempts'|'response'|'responseStatus'|'dueAt'|'sentAt'|'endedAt'|'createdAt', bool>, anyOf?: array<string, mixed>, search?: string, sort?: string|list<string>, page?: int, perPage?: int, offset?: int, skipTotal?: bool, columns?: list<'_id'|'client'|'type'|'webhook'|'event'|'projectFlow'|'appRegistration'|'resource'|'record'|'sequence'|'recordStatus'|'status'|'state'|'attempts'|'response'|'responseStatus'|'dueAt'|'sentAt'|'endedAt'|'createdAt'>, populates?: list<string>, params?: array<string, mixed>}
 */
abstract class Names
{
    /** @var Records<Project, ProjectQuery, NewProject, ProjectChange> What a client validates people for: its name, its rules, its look. */
    public readonly Records $projects;

    /** @var Records<ProjectFlow, ProjectFlowQuery, NewProjectFlow, ProjectFlowChange> One way through a project: login, onboarding or a smart link, and its thresholds. */
    public readonly Records $projectFlows;

    /** @var Records<Collection, CollectionQuery, NewCollection, CollectionChange> A set of persons that a face can be searched in. */
    public readonly Records $collections;

    /** @var Records<Person, PersonQuery, NewPerson, PersonChange> A person whose face is known. Templates are stored encrypted and never shown. */
    public readonly Records $persons;

    /** @var Records<LivenessSession, LivenessSessionQuery, NewLivenessSession, never> A short-lived permission to capture one face. */
    public readonly Records $livenessSessions;

    /** @var Records<AppRegistration, AppRegistrationQuery, NewAppRegistration, AppRegistrationChange> A person on the way through a project flow. */
    public readonly Records $appRegistrations;

    /** @var Records<EmailValidation, EmailValidationQuery, NewEmailValidation, never> A check that a person receives what is sent to an email address. */
    public readonly Records $emailValidations;

    /** @var Records<PhoneValidation, PhoneValidationQuery, NewPhoneValidation, never> A check that a person receives what is sent to a phone number. */
    public readonly Records $phoneValidations;

    /** @var Records<BiometricValidation, BiometricValidationQuery, NewBiometricValidation, never> A check of a person's face: liveness, presentation attacks, quality, identity. */
    public readonly Records $biometricValidations;

    /** @var Records<DocumentValidation, DocumentValidationQuery, never, never> An identity document that was read: its values, where each comes from, and whether they agree. */
    public readonly Records $documentValidations;

    /** @var Records<AppLogin, AppLoginQuery, never, never> A person who came in by email, phone or face. It is born from a validation alone. */
    public readonly Records $appLogins;

    /** @var Records<DocumentLivenessValidation, DocumentLivenessValidationQuery, NewDocumentLivenessValidation, never> A check of a photographed identity document: screen replay, printed copy, portrait substitution, digital manipulation. */
    public readonly Records $documentLiveness;

    /** @var Records<PromptTemplate, PromptTemplateQuery, NewPromptTemplate, PromptTemplateChange> Values that a client looks for on documents besides, each by the label that stands beside it. */
    public readonly Records $promptTemplates;

    /** @var Records<Member, MemberQuery, NewMember, MemberChange> A person who signs in and works with the records of a client. */
    public readonly Records $projectMembers;

    /** @var Records<Review, ReviewQuery, never, never> A case that a person decides: a check that needs it, or one of those that passed. */
    public readonly Records $reviews;

    /** @var Records<Event, EventQuery, never, never> What has happened to a record: written with the change itself, and never changed. It holds ids, and no other personal data. */
    public readonly Records $events;

    /** @var Records<Access, AccessQuery, never, never> Somebody has looked at an image, or at what was found on it: written before the first byte of it is sent, and never changed. */
    public readonly Records $accesses;

    /** @var Records<Webhook, WebhookQuery, NewWebhook, WebhookChange> An endpoint of yours that is called when something has happened to a record. */
    public readonly Records $webhooks;

    /** @var Records<WebhookEvent, WebhookEventQuery, never, never> The delivery of an event to a webhook. */
    public readonly Records $webhookEvents;

    /** Where each list is. */
    public const PATHS = [
        'projects' => '/v3/projects',
        'projectFlows' => '/v2/project-flows',
        'collections' => '/v2/face-recognition/collections',
        'persons' => '/v2/face-recognition/persons',
        'livenessSessions' => '/v2/liveness-sessions',
        'appRegistrations' => '/v2/app-registrations',
        'emailValidations' => '/v2/email-validations',
        'phoneValidations' => '/v2/phone-validations',
        'biometricValidations' => '/v2/biometric-validations',
        'documentValidations' => '/v2/document-validations',
        'appLogins' => '/v2/app-logins',
        'documentLiveness' => '/v2/document-liveness',
        'promptTemplates' => '/v2/prompt-templates',
        'projectMembers' => '/v2/project-members',
        'reviews' => '/v2/reviews',
        'events' => '/v2/events',
        'accesses' => '/v2/accesses',
        'webhooks' => '/v2/webhooks',
        'webhookEvents' => '/v2/webhook-events',
    ];

    /** The fields of each list, and what kind each is of. */
    public const FIELDS = [
        'projects' => [
            '_id' => 'text',
            'client' => 'text',
            'name' => 'text',
            'description' => 'text',
            'identifier' => 'text',
            'contactEmail' => 'text',
            'privacyUrl' => 'text',
            'termsAndConditionsUrl' => 'text',
            'allowedCountries' => 'object',
            'defaultLanguage' => 'text',
            'dataProtection' => 'object',
            'branding' => 'object',
            'status' => 'word',
            'target' => 'word',
            'currentStep' => 'number',
            'lastStep' => 'number',
            'demoMode' => 'flag',
            'allowAnonymous' => 'flag',
            'version' => 'number',
            'assignedCollection' => 'text',
            'collectionCode' => 'text',
            'createdAt' => 'moment',
            'updatedAt' => 'moment',
        ],
        'projectFlows' => [
            '_id' => 'text',
            'client' => 'text',
            'project' => 'text',
            'type' => 'word',
            'status' => 'word',
            'version' => 'number',
            'name' => 'text',
            'target' => 'word',
            'redirectUrl' => 'text',
            'webhookUrl' => 'text',
            'identityUrl' => 'text',
            'webhook' => 'text',
            'systemForm' => 'text',
            'allowedCountries' => 'object',
            'onboardingSettings' => 'object',
            'loginSettings' => 'object',
            'signUpForm' => 'object',
            'documents' => 'object',
            'liveness' => 'object',
            'steps' => 'object',
            'review' => 'object',
            'business' => 'object',
            'representatives' => 'object',
            'linkSettings' => 'object',
            'security' => 'object',
            'integrations' => 'object',
            'emailTemplates' => 'object',
            'createdAt' => 'moment',
            'updatedAt' => 'moment',
        ],
        'collections' => [
            '_id' => 'text',
            'client' => 'text',
            'code' => 'text',
            'name' => 'text',
            'description' => 'text',
            'project' => 'text',
            'deleted' => 'flag',
            'createdAt' => 'moment',
            'updatedAt' => 'moment',
        ],
        'persons' => [
            '_id' => 'text',
            'client' => 'text',
            'name' => 'text',
            'gender' => 'word',
            'date_of_birth' => 'moment',
            'nationality' => 'text',
            'collections' => 'text',
            'notes' => 'text',
            'email' => 'text',
            'phone' => 'text',
            'status' => 'word',
            'deleted' => 'flag',
            'createdAt' => 'moment',
            'updatedAt' => 'moment',
        ],
        'livenessSessions' => [
            '_id' => 'text',
            'client' => 'text',
            'project' => 'text',
            'projectFlow' => 'text',
            'identifier' => 'text',
            'status' => 'word',
            'expiresAt' => 'moment',
            'createdAt' => 'moment',
            'updatedAt' => 'moment',
        ],
        'appRegistrations' => [
            '_id' => 'text',
            'client' => 'text',
            'project' => 'text',
            'projectFlow' => 'text',
            'status' => 'word',
            'fullName' => 'text',
            'firstName' => 'text',
            'lastName' => 'text',
            'email' => 'text',
            'phone' => 'text',
            'countryCode' => 'text',
            'language' => 'text',
            'currentStep' => 'text',
            'emailValidation' => 'text',
            'phoneValidation' => 'text',
            'biometricValidation' => 'text',
            'documentValidation' => 'text',
            'documentLiveness' => 'text',
            'compareFaceVerification' => 'object',
            'person' => 'text',
            'consentSession' => 'object',
            'failedBiometricValidations' => 'object',
            'failedDocumentValidations' => 'text',
            'assignedCollection' => 'text',
            'manualReviewLog' => 'object',
            'createdAt' => 'moment',
            'updatedAt' => 'moment',
        ],
        'emailValidations' => [
            '_id' => 'text',
            'client' => 'text',
            'project' => 'text',
            'projectFlow' => 'text',
            'appRegistration' => 'text',
            'status' => 'word',
            'email' => 'text',
            'type' => 'word',
            'validationMethod' => 'word',
            'expiresAt' => 'moment',
            'redirectUrl' => 'text',
            'requires2FA' => 'flag',
            'ipAddress' => 'text',
            'language' => 'text',
            'attempts' => 'number',
            'maxAttempts' => 'number',
            'reason' => 'text',
            'createdAt' => 'moment',
            'updatedAt' => 'moment',
            'validatedAt' => 'moment',
        ],
        'phoneValidations' => [
            '_id' => 'text',
            'client' => 'text',
            'project' => 'text',
            'projectFlow' => 'text',
            'appRegistration' => 'text',
            'status' => 'word',
            'countryCode' => 'text',
            'phone' => 'text',
            'phoneGateway' => 'word',
            'type' => 'word',
            'validationMethod' => 'word',
            'expiresAt' => 'moment',
            'redirectUrl' => 'text',
            'requires2FA' => 'flag',
            'ipAddress' => 'text',
            'language' => 'text',
            'attempts' => 'number',
            'maxAttempts' => 'number',
            'reason' => 'text',
            'createdAt' => 'moment',
            'updatedAt' => 'moment',
            'validatedAt' => 'moment',
        ],
        'biometricValidations' => [
            '_id' => 'text',
            'client' => 'text',
            'project' => 'text',
            'projectFlow' => 'text',
            'livenessSession' => 'text',
            'appRegistration' => 'text',
            'status' => 'word',
            'identifier' => 'text',
            'type' => 'word',
            'expiresAt' => 'moment',
            'redirectUrl' => 'text',
            'webhookUrl' => 'text',
            'requires2FA' => 'flag',
            'ipAddress' => 'text',
            'sendViaEmail' => 'flag',
            'email' => 'text',
            'language' => 'text',
            'url' => 'text',
            'assignedCollection' => 'text',
            'collectionCode' => 'text',
            'livenessScore' => 'number',
            'response' => 'object',
            'reasons' => 'object',
            'biometricData' => 'object',
            'verificationResults' => 'object',
            'failedChecks' => 'word',
            'riskScore' => 'number',
            'imageSaved' => 'flag',
            'createdAt' => 'moment',
            'updatedAt' => 'moment',
            'completedAt' => 'moment',
        ],
        'documentValidations' => [
            '_id' => 'text',
            'client' => 'text',
            'project' => 'text',
            'projectFlow' => 'text',
            'appRegistration' => 'text',
            'status' => 'word',
            'type' => 'word',
            'validationMethod' => 'word',
            'inputMethod' => 'word',
            'documentType' => 'text',
            'documentCategory' => 'word',
            'country' => 'text',
            'documentNumber' => 'text',
            'imageSaved' => 'flag',
            'url' => 'text',
            'backUrl' => 'text',
            'imageValidated' => 'flag',
            'requiresBackSide' => 'flag',
            'namesMatch' => 'flag',
            'fullNameMatchPercentage' => 'number',
            'firstNameMatchPercentage' => 'number',
            'lastNameMatchPercentage' => 'number',
            'age' => 'text',
            'riskScore' => 'number',
            'OCRExtraction' => 'object',
            'documentData' => 'object',
            'validationResults' => 'object',
            'failedChecks' => 'word',
            'ocrResults' => 'object',
            'failureReason' => 'text',
            'manualVerification' => 'object',
            'manualNameReview' => 'object',
            'createdAt' => 'moment',
            'updatedAt' => 'moment',
            'completedAt' => 'moment',
        ],
        'appLogins' => [
            '_id' => 'text',
            'client' => 'text',
            'name' => 'text',
            'status' => 'word',
            'project' => 'text',
            'projectFlow' => 'text',
            'type' => 'word',
            'emailValidation' => 'text',
            'phoneValidation' => 'text',
            'biometricValidation' => 'text',
            'appRegistration' => 'text',
            'person' => 'text',
            'createdAt' => 'moment',
            'updatedAt' => 'moment',
        ],
        'documentLiveness' => [
            '_id' => 'text',
            'client' => 'text',
            'appRegistration' => 'text',
            'imageSaved' => 'flag',
            'imageUrl' => 'text',
            'status' => 'word',
            'validationResults' => 'object',
            'calibrationSettings' => 'object',
            'validationFlags' => 'object',
            'failedChecks' => 'word',
            'riskScore' => 'number',
            'confidence' => 'number',
            'failureReason' => 'text',
            'createdAt' => 'moment',
            'updatedAt' => 'moment',
            'completedAt' => 'moment',
        ],
        'promptTemplates' => [
            '_id' => 'text',
            'client' => 'text',
            'name' => 'text',
            'documentTypes' => 'text',
            'country' => 'text',
            'labels' => 'object',
            'active' => 'flag',
            'createdAt' => 'moment',
            'updatedAt' => 'moment',
        ],
        'projectMembers' => [
            '_id' => 'text',
            'client' => 'text',
            'name' => 'text',
            'email' => 'text',
            'role' => 'word',
            'status' => 'word',
            'hasTotp' => 'flag',
            'lastSignInAt' => 'moment',
            'createdAt' => 'moment',
            'updatedAt' => 'moment',
        ],
        'reviews' => [
            '_id' => 'text',
            'client' => 'text',
            'subject' => 'object',
            'subjectResource' => 'text',
            'subjectId' => 'text',
            'appRegistration' => 'text',
            'project' => 'text',
            'projectFlow' => 'text',
            'openedBecause' => 'text',
            'priority' => 'number',
            'state' => 'word',
            'claimedBy' => 'text',
            'claimedUntil' => 'moment',
            'proposal' => 'word',
            'decision' => 'word',
            'reasons' => 'text',
            'note' => 'text',
            'decidedBy' => 'text',
            'checkedBy' => 'text',
            'evidenceDigest' => 'text',
            'createdAt' => 'moment',
            'updatedAt' => 'moment',
            'decidedAt' => 'moment',
        ],
        'events' => [
            '_id' => 'text',
            'client' => 'text',
            'type' => 'text',
            'resource' => 'text',
            'record' => 'text',
            'sequence' => 'number',
            'status' => 'text',
            'projectFlow' => 'text',
            'appRegistration' => 'text',
            'actor' => 'text',
            'request' => 'text',
            'count' => 'number',
            'digest' => 'text',
            'createdAt' => 'moment',
        ],
        'accesses' => [
            '_id' => 'text',
            'client' => 'text',
            'resource' => 'text',
            'record' => 'text',
            'part' => 'text',
            'actor' => 'text',
            'purpose' => 'text',
            'request' => 'text',
            'createdAt' => 'moment',
        ],
        'webhooks' => [
            '_id' => 'text',
            'client' => 'text',
            'name' => 'text',
            'url' => 'text',
            'description' => 'text',
            'isActive' => 'flag',
            'projectFlow' => 'text',
            'eventTypes' => 'object',
            'format' => 'word',
            'payload' => 'word',
            'ordering' => 'word',
            'source' => 'word',
            'notification' => 'object',
            'failures' => 'number',
            'failingSince' => 'moment',
            'pausedUntil' => 'moment',
            'disabledAt' => 'moment',
            'disabledReason' => 'text',
            'createdAt' => 'moment',
            'updatedAt' => 'moment',
        ],
        'webhookEvents' => [
            '_id' => 'text',
            'client' => 'text',
            'type' => 'text',
            'webhook' => 'text',
            'event' => 'text',
            'projectFlow' => 'text',
            'appRegistration' => 'text',
            'resource' => 'text',
            'record' => 'text',
            'sequence' => 'number',
            'recordStatus' => 'text',
            'status' => 'word',
            'state' => 'word',
            'attempts' => 'number',
            'response' => 'object',
            'responseStatus' => 'word',
            'dueAt' => 'moment',
            'sentAt' => 'moment',
            'endedAt' => 'moment',
            'createdAt' => 'moment',
        ],
    ];

    /** What `type` of an event says. */
    public const EVENT_TYPES = [
        'biometric_validation.created',
        'biometric_validation.started',
        'biometric_validation.released',
        'biometric_validation.completed',
        'biometric_validation.failed',
        'biometric_validation.expired',
        'biometric_validation.updated',
        'biometric_validation.deleted',
        'document_liveness.created',
        'document_liveness.started',
        'document_liveness.completed',
        'document_liveness.failed',
        'document_liveness.updated',
        'document_liveness.deleted',
        'document_validation.created',
        'document_validation.active',
        'document_validation.unverified',
        'document_validation.needs_manual_verification',
        'document_validation.not_found',
        'document_validation.failed',
        'document_validation.expired',
        'document_validation.updated',
        'document_validation.deleted',
        'app_registration.created',
        'app_registration.updated',
        'app_registration.sync_instructions',
        'app_registration.sync_sign_up_form',
        'app_registration.sync_basic_information',
        'app_registration.sync_document',
        'app_registration.sync_liveness',
        'app_registration.sync_form',
        'app_registration.completed',
        'app_registration.completed_without_kyc',
        'app_registration.failed',
        'app_registration.needs_manual_verification',
        'app_registration.expired',
        'app_registration.reopened',
        'app_registration.deleted',
        'app_login.pending',
        'app_login.completed',
        'app_login.failed',
        'app_login.deleted',
        'email_validation.created',
        'email_validation.sent',
        'email_validation.resent',
        'email_validation.validated',
        'email_validation.code_incorrect',
        'email_validation.failed',
        'email_validation.expired',
        'email_validation.deleted',
        'phone_validation.created',
        'phone_validation.sent',
        'phone_validation.resent',
        'phone_validation.validated',
        'phone_validation.code_incorrect',
        'phone_validation.failed',
        'phone_validation.expired',
        'phone_validation.deleted',
        'person.created',
        'person.updated',
        'person.deleted',
        'collection.created',
        'collection.updated',
        'collection.deleted',
        'project.created',
        'project.updated',
        'project.deleted',
        'project_flow.created',
        'project_flow.updated',
        'project_flow.deleted',
        'prompt_template.created',
        'prompt_template.updated',
        'prompt_template.deleted',
        'project_member.created',
        'project_member.joined',
        'project_member.signed_in',
        'project_member.role_changed',
        'project_member.disabled',
        'project_member.enabled',
        'project_member.password_changed',
        'project_member.totp_added',
        'project_member.totp_removed',
        'project_member.updated',
        'project_member.deleted',
        'review.opened',
        'review.claimed',
        'review.released',
        'review.proposed',
        'review.returned',
        'review.decided',
        'review.withdrawn',
        'webhook.created',
        'webhook.updated',
        'webhook.disabled',
        'webhook.enabled',
        'webhook.secret_shown',
        'webhook.secret_rotated',
        'webhook.deleted',
        'records.imported',
    ];

    /** What `code` of an error says. */
    public const ERROR_CODES = [
        'INVALID_PARAMETERS',
        'UNAUTHORIZED',
        'Unauthorized',
        'FORBIDDEN',
        'NOT_FOUND',
        'METHOD_NOT_ALLOWED',
        'MissingParameter',
        'IDEMPOTENCY_KEY_REUSED',
        'IDEMPOTENCY_ANSWER_GONE',
        'URI_TOO_LONG',
        'MALFORMED_REQUEST',
        'HEADERS_TOO_LARGE',
        'BadRequest',
        'BODY_TOO_LARGE',
        'BODY_TOO_SLOW',
        'UNSUPPORTED_MEDIA_TYPE',
        'INVALID_IMAGE_FORMAT',
        'IMAGE_TOO_LARGE',
        'TOO_MANY_REQUESTS',
        'UNAVAILABLE',
        'VAULT_UNREADABLE',
        'internal_error',
        'Conflict',
        'token_not_right',
        'Forbidden',
        'ERROR',
        'IMAGE_DAMAGED',
        'IMAGE_TOO_SMALL',
        'NO_FACE',
        'MANY_FACES',
        'FACE_TOO_SMALL',
        'FACE_TOO_CLOSE',
        'FACE_TURNED',
        'FACE_NOT_MEASURABLE',
        'MODELS_MISSING',
        'PreconditionFailed',
        'duplicated_person',
        'liveness_failed',
        'person_without_face',
        'GALLERY_TOO_LARGE',
        'UnprocessableEntity',
        'Project_not_found_or_featured_disabled',
        'EMAIL_NOT_SENT',
        'email_is_registered_already',
        'phone_is_registered_already',
        'cannot_resend_link_for_this_status',
        'identity_image_not_found',
        'INVALID_CODE',
        'CODE_EXPIRED',
        'CODE_NOT_SENT',
        'MAX_ATTEMPTS_EXCEEDED',
        'too_many_codes',
        'codes_locked',
        'country_not_allowed',
        'messages_not_set',
        'LIVENESS_DETECTION_FAILED',
        'IDENTITY_VERIFICATION_FAILED',
        'image_replayed',
        'login_locked',
        'collection_not_set',
        'person_already_set',
        'already_exists',
        'method_not_set',
        'endpoint_removed',
        'webhooks_too_many',
        'webhook_of_another_record',
        'CROSS_SITE',
        'project_member_exists',
        'project_member_joined',
        'project_member_not_active',
        'last_owner',
        'review_claimed',
        'review_not_claimed',
        'review_state',
        'review_withdrawn',
        'evidence_changed',
        'own_proposal',
        'contact_is_registered',
        'NotFound',
        'PERSON_NOT_FOUND',
        'liveness_session_not_found',
        'appRegistration_not_found',
        'email_validation_not_found',
        'phone_validation_not_found',
        'biometric_validation_not_found',
        'document_validation_not_found',
        'appLogin_not_found',
        'DOCUMENT_LIVENESS_NOT_FOUND',
        'prompt_template_not_found',
        'project_member_not_found',
        'review_not_found',
        'event_not_found',
        'access_not_found',
        'webhook_not_found',
        'webhook_event_not_found',
    ];

    /** @param callable(string): Records $records what makes the list at a path */
    protected function __construct(callable $records)
    {
        $this->projects = $records(self::PATHS['projects']);
        $this->projectFlows = $records(self::PATHS['projectFlows']);
        $this->collections = $records(self::PATHS['collections']);
        $this->persons = $records(self::PATHS['persons']);
        $this->livenessSessions = $records(self::PATHS['livenessSessions']);
        $this->appRegistrations = $records(self::PATHS['appRegistrations']);
        $this->emailValidations = $records(self::PATHS['emailValidations']);
        $this->phoneValidations = $records(self::PATHS['phoneValidations']);
        $this->biometricValidations = $records(self::PATHS['biometricValidations']);
        $this->documentValidations = $records(self::PATHS['documentValidations']);
        $this->appLogins = $records(self::PATHS['appLogins']);
        $this->documentLiveness = $records(self::PATHS['documentLiveness']);
        $this->promptTemplates = $records(self::PATHS['promptTemplates']);
        $this->projectMembers = $records(self::PATHS['projectMembers']);
        $this->reviews = $records(self::PATHS['reviews']);
        $this->events = $records(self::PATHS['events']);
        $this->accesses = $records(self::PATHS['accesses']);
        $this->webhooks = $records(self::PATHS['webhooks']);
        $this->webhookEvents = $records(self::PATHS['webhookEvents']);
    }
}
