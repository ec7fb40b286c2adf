/**
 * The payloads that clients may send, cleaned and bounded. Code behind these classes relies on the shape of a value and
 * does not check it again.
 */
import { Transform, Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInstance,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';

export const MAX_ROOM_NAME = 32;
export const MAX_TEXT = 4000;
/** The emoji of reactions. The page gets them in `welcome`. */
export const EMOJI = ['👍', '❤️', '😂', '🎉', '😮', '😢'] as const;

/** Removes control and invisible characters and surrounding spaces, and collapses spaces between words. */
export function tidy(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value
    .slice(0, 200) // longer than any valid name, short enough to stay fast
    .normalize('NFC')
    .replace(/\s+/gu, ' ')
    .replace(/\p{C}/gu, '')
    .trim();
}

export class JoinDto {
  @Transform(({ value }) => tidy(value))
  @IsString()
  @Length(1, MAX_ROOM_NAME, { message: `A room name must have 1 to ${MAX_ROOM_NAME} characters.` })
  room!: string;

  /** ms since 1970: a page that returns has all messages until then. */
  @IsInt()
  @Min(0)
  since = 0;
}

export class PictureDto {
  @IsInstance(Buffer)
  data!: Buffer;

  @IsInt()
  @Min(1)
  @Max(20_000)
  width!: number;

  @IsInt()
  @Min(1)
  @Max(20_000)
  height!: number;
}

export class SayDto {
  @IsUUID()
  id!: string;

  @IsString()
  @MaxLength(MAX_ROOM_NAME)
  room!: string;

  @IsString()
  @MaxLength(MAX_TEXT, { message: `A message must have at most ${MAX_TEXT} characters.` })
  text!: string;

  @IsOptional()
  @Type(() => PictureDto)
  @IsInstance(PictureDto)
  @ValidateNested()
  image?: PictureDto;
}

export class MessageIdDto {
  @IsUUID()
  id!: string;
}

export class ReactDto extends MessageIdDto {
  @IsIn(EMOJI)
  emoji!: (typeof EMOJI)[number];

  @IsBoolean()
  on!: boolean;
}

export class AwayDto {
  @IsBoolean()
  away!: boolean;
}

export class TypingDto {
  @IsBoolean()
  active!: boolean;
}
